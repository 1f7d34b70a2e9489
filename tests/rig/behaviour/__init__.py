"""What moto lacks and the rig plays, one subject a file. Each `install` replaces methods of moto's own classes."""

from behaviour import (
    actions,
    activities,
    health,
    hooks,
    images,
    launches,
    listeners,
    membership,
    paging,
    parameters,
    refreshes,
)

PARTS = (launches, membership, actions, hooks, activities, health, listeners, images, refreshes, parameters)


def install(worlds):
    for part in PARTS:
        part.install(worlds)
    # Last, since it wraps what the others put in place.
    paging.install(worlds)
