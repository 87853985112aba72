"""The vocabulary of Korean time, one module a phenomenon: patterns, and the step of time that each word stands for."""
