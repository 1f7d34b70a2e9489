"""What moto lacks and the rig plays, one subject a file. Each `install` replaces methods of moto's own classes."""

from behaviour import health, images, launches, listeners, paging, parameters, refreshes


def install(worlds):
    for part in (launches, health, listeners, images, refreshes, parameters):
        part.install(worlds)
    # Last, since it wraps what the others put in place.
    paging.install(worlds)
