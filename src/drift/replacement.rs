//! How far a group has been replaced: how many of its instances run what its saved configuration wants.
//!
//! Instances are compared with what is wanted for their own type: a group may want several images at once.

use crate::fleet::{ImageId, ServerGroup, Text, candidates};

/// How far a group has been replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Replacement {
    /// Instances whose image is known.
    pub known: usize,
    /// Those that run another image than the group wants.
    pub others: usize,
    /// Whether it stopped half-way: some instances of a kind run another image than the rest.
    pub half: bool,
}

/// Instances of one kind: of one type that the group names, or of all the others.
struct Kind<'a> {
    of: Option<&'a Text>,
    first: &'a ImageId,
    first_is_wanted: bool,
}

impl Replacement {
    pub(super) fn of(group: &ServerGroup) -> Self {
        let mut replacement = Self::default();
        let mut kinds: Vec<Kind<'_>> = Vec::new();
        for instance in &group.instances {
            let Some(running) = &instance.running else { continue };
            let kind = instance.instance_type.as_ref();
            let of = kind.filter(|_| group.wants.iter().any(|wanted| wanted.instance_type.as_ref() == kind));
            let is_wanted = candidates(&group.wants, kind).any(|w| w.image.as_ref() == Some(&running.image));
            replacement.known += 1;
            replacement.others += usize::from(!is_wanted);
            match kinds.iter().find(|known| known.of == of) {
                Some(known) if is_wanted && known.first_is_wanted => {}
                Some(known) => replacement.half |= *known.first != running.image,
                None => kinds.push(Kind { of, first: &running.image, first_is_wanted: is_wanted }),
            }
        }
        replacement
    }
}
