"""What crosses between a face and the resident process. The standard library alone: a thin face loads nothing else."""
