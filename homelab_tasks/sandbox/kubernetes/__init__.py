"""A stand-in for a Kubernetes cluster: an API server, the controllers of workloads, and a kubelet that runs nothing."""
