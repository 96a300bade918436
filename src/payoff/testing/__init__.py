"""What helps others to test: conformance suites for the seams; each file needs pytest."""
