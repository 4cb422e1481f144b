"""What dfui is measured against; each runs as a process of its own and imports nothing of dfui."""
