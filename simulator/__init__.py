"""What would have happened: the clock, histories, engines and their ledgers."""
