"""The kinds of work a namespace may accept: what to grant for them, and what makes Kueue manage them.

Framework names are those of Kueue 0.19 (`integrations.frameworks`); a framework that manages pods of its parts needs
`pod` as well. Notebooks and InferenceServices hand their labels to their pods, which the pod framework manages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PARTS_OF_PODS = frozenset({"deployment", "statefulset", "leaderworkerset.x-k8s.io/leaderworkerset"})


class JobKind(StrEnum):
    """What a namespace may accept."""

    JOB = "Job"
    JOB_SET = "JobSet"
    RAY_JOB = "RayJob"
    RAY_CLUSTER = "RayCluster"
    RAY_SERVICE = "RayService"
    PYTORCH_JOB = "PyTorchJob"
    TF_JOB = "TFJob"
    MPI_JOB = "MPIJob"
    XGBOOST_JOB = "XGBoostJob"
    PADDLE_JOB = "PaddleJob"
    JAX_JOB = "JAXJob"
    TRAIN_JOB = "TrainJob"
    APP_WRAPPER = "AppWrapper"
    LEADER_WORKER_SET = "LeaderWorkerSet"
    VOLCANO_JOB = "VolcanoJob"
    POD = "Pod"
    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    NOTEBOOK = "Notebook"
    INFERENCE_SERVICE = "InferenceService"


@dataclass(frozen=True, slots=True)
class Integration:
    """The API *group* and *plural* name of a kind, and the Kueue *framework* that manages it (None: Kueue does not)."""

    group: str
    plural: str
    framework: str | None


INTEGRATIONS: Mapping[JobKind, Integration] = {
    JobKind.JOB: Integration("batch", "jobs", "batch/job"),
    JobKind.JOB_SET: Integration("jobset.x-k8s.io", "jobsets", "jobset.x-k8s.io/jobset"),
    JobKind.RAY_JOB: Integration("ray.io", "rayjobs", "ray.io/rayjob"),
    JobKind.RAY_CLUSTER: Integration("ray.io", "rayclusters", "ray.io/raycluster"),
    JobKind.RAY_SERVICE: Integration("ray.io", "rayservices", "ray.io/rayservice"),
    JobKind.PYTORCH_JOB: Integration("kubeflow.org", "pytorchjobs", "kubeflow.org/pytorchjob"),
    JobKind.TF_JOB: Integration("kubeflow.org", "tfjobs", "kubeflow.org/tfjob"),
    JobKind.MPI_JOB: Integration("kubeflow.org", "mpijobs", "kubeflow.org/mpijob"),
    JobKind.XGBOOST_JOB: Integration("kubeflow.org", "xgboostjobs", "kubeflow.org/xgboostjob"),
    JobKind.PADDLE_JOB: Integration("kubeflow.org", "paddlejobs", "kubeflow.org/paddlejob"),
    JobKind.JAX_JOB: Integration("kubeflow.org", "jaxjobs", "kubeflow.org/jaxjob"),
    JobKind.TRAIN_JOB: Integration("trainer.kubeflow.org", "trainjobs", "trainer.kubeflow.org/trainjob"),
    JobKind.APP_WRAPPER: Integration("workload.codeflare.dev", "appwrappers", "workload.codeflare.dev/appwrapper"),
    JobKind.LEADER_WORKER_SET: Integration(
        "leaderworkerset.x-k8s.io", "leaderworkersets", "leaderworkerset.x-k8s.io/leaderworkerset"
    ),
    JobKind.VOLCANO_JOB: Integration("batch.volcano.sh", "jobs", None),
    JobKind.POD: Integration("", "pods", "pod"),
    JobKind.DEPLOYMENT: Integration("apps", "deployments", "deployment"),
    JobKind.STATEFUL_SET: Integration("apps", "statefulsets", "statefulset"),
    JobKind.NOTEBOOK: Integration("kubeflow.org", "notebooks", "pod"),
    JobKind.INFERENCE_SERVICE: Integration("serving.kserve.io", "inferenceservices", "pod"),
}


def frameworks(kinds: set[JobKind]) -> list[str]:
    """Return the Kueue frameworks that manage *kinds*, sorted.

    >>> frameworks({JobKind.JOB, JobKind.DEPLOYMENT, JobKind.VOLCANO_JOB})
    ['batch/job', 'deployment', 'pod']
    """
    named = {framework for kind in kinds if (framework := INTEGRATIONS[kind].framework)}
    return sorted(named | ({"pod"} if named & PARTS_OF_PODS else set()))
