"""What the service costs: start-up, memory, latency. Each figure stands beside a yardstick of the same run."""
