"""Who was promised what: the models, their files, and the core Kubernetes objects they become."""
