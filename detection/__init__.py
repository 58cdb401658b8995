"""The inspection core: what is said to and by models goes in, a verdict and edited bytes come out."""
