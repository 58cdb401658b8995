"""``sluicegate bench``: what the appliance costs, beside nginx and its peers, on this machine."""
