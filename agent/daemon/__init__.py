"""The resident process: one for a user and a home folder, started by a face, watched over, ended when idle."""
