"""The whole of a cancellation against the simulator's own log, under whatever goes wrong."""
