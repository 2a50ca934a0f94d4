"""The first version: register of subjects, plans, runs, holds, leases, events. It is where the others start."""

revision = "1"
down_revision = None
