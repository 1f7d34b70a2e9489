//! Instances that a person has marked, to act on all of them at once. Marked is an id, never a row: it survives looks,
//! orders and filters, and ends with the instance.

use std::collections::BTreeSet;

use crate::fleet::InstanceId;

/// What is marked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Marks {
    ids: BTreeSet<InstanceId>,
    gone: usize,
}

impl Marks {
    /// Marks an instance, or unmarks it.
    pub fn toggle(&mut self, id: &InstanceId) {
        self.gone = 0;
        if !self.ids.remove(id) {
            self.ids.insert(id.clone());
        }
    }

    /// Marks these too.
    pub fn add(&mut self, ids: impl IntoIterator<Item = InstanceId>) {
        self.gone = 0;
        self.ids.extend(ids);
    }

    /// Unmarks everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Unmarks what is not there any more.
    pub fn keep(&mut self, is_there: impl Fn(&InstanceId) -> bool) {
        let before = self.ids.len();
        self.ids.retain(is_there);
        self.gone += before - self.ids.len();
        if self.ids.is_empty() {
            self.gone = 0;
        }
    }

    /// Whether this one is marked.
    pub fn has(&self, id: &InstanceId) -> bool {
        self.ids.contains(id)
    }

    /// All of them, by id.
    pub fn ids(&self) -> impl Iterator<Item = &InstanceId> {
        self.ids.iter()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// How many ended since something was marked last.
    pub fn gone(&self) -> usize {
        self.gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_unmarked_and_counted_until_something_is_marked_again() {
        let mut marks = Marks::default();
        marks.add(["i-1".into(), "i-2".into(), "i-3".into()]);
        marks.toggle(&"i-3".into());
        marks.keep(|id| id.raw() != "i-1");
        assert_eq!((marks.count(), marks.gone(), marks.has(&"i-1".into())), (1, 1, false));
        marks.toggle(&"i-4".into());
        assert_eq!((marks.count(), marks.gone()), (2, 0));
        marks.keep(|_| false);
        assert_eq!(marks, Marks::default(), "of nothing nothing is told");
    }
}
