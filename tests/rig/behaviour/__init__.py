"""What moto lacks and the rig plays, one subject a file. Each `install` replaces methods of moto's own classes."""

from behaviour import (
    actions,
    activities,
    groups,
    health,
    hooks,
    images,
    launches,
    listeners,
    membership,
    paging,
    parameters,
    refreshes,
    templates,
)

PARTS = (
    launches,
    membership,
    actions,
    groups,
    hooks,
    activities,
    refreshes,
    templates,
    health,
    listeners,
    images,
    parameters,
)


def install(worlds):
    for part in PARTS:
        part.install(worlds)
    # Last, since it wraps what the others put in place.
    paging.install(worlds)
