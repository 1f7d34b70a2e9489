use proptest::prelude::*;

use super::*;
use crate::fleet::Cursor;

fn part(lines: impl IntoIterator<Item = String>) -> Tail {
    let lines = lines.into_iter().map(|text| Line { at: None, text: text.into() });
    Tail { lines: lines.collect(), next: Cursor::default(), dropped: 0, ended: false }
}

fn numbered(range: std::ops::Range<usize>) -> Tail {
    part(range.map(|n| format!("line {n}")))
}

fn log(lines: usize, height: u16) -> Scrollback {
    let mut log = Scrollback::default();
    log.set_height(height);
    log.take(numbered(0..lines));
    log
}

fn seen(log: &Scrollback) -> Vec<String> {
    let says = |entry: &Entry| match entry {
        Entry::Line(line) => line.text.to_string(),
        Entry::Gap(lines) => format!("gap {lines}"),
    };
    log.visible().map(says).collect()
}

fn filter(text: &str) -> Filter {
    Filter::parse(text).unwrap()
}

#[test]
fn at_the_end_it_follows_and_scrolled_up_it_stays() {
    let mut log = log(10, 3);
    assert_eq!(seen(&log), ["line 7", "line 8", "line 9"]);
    log.take(numbered(10..12));
    assert_eq!(seen(&log), ["line 9", "line 10", "line 11"]);
    log.scroll(-1);
    assert!(!log.follows());
    log.take(numbered(12..20));
    assert_eq!(seen(&log), ["line 8", "line 9", "line 10"]);
    log.last();
    log.take(numbered(20..21));
    assert!(log.follows());
    assert_eq!(seen(&log), ["line 18", "line 19", "line 20"]);
    log.first();
    assert_eq!(seen(&log), ["line 0", "line 1", "line 2"]);
}

#[test]
fn coming_back_to_the_end_by_rows_follows_again() {
    let mut log = log(10, 3);
    log.scroll(-2);
    log.scroll(1);
    assert!(!log.follows());
    log.scroll(9);
    assert!(log.follows());
}

#[test]
fn the_oldest_lines_are_let_go_and_counted_while_a_reader_stays_where_they_read() {
    let mut log = log(Scrollback::MOST_LINES, 3);
    log.scroll(-1000);
    let read = seen(&log);
    log.take(numbered(0..500));
    assert_eq!((log.count(), log.before()), (Scrollback::MOST_LINES, 500));
    assert_eq!(seen(&log), read);
    for _ in 0..50 {
        log.take(numbered(0..500));
    }
    assert_eq!(log.at(), 0);
    assert_eq!(log.before(), 500 * 51);
}

#[test]
fn long_lines_are_bounded_by_their_bytes() {
    let mut log = Scrollback::default();
    for _ in 0..8 {
        log.take(part((0..Tail::MOST).map(|_| "x".repeat(Tail::WIDEST))));
    }
    assert!(log.bytes() <= Scrollback::MOST_BYTES);
    assert_eq!(log.before() + log.count() as u64, 8 * Tail::MOST as u64);
}

#[test]
fn a_filter_keeps_what_matches_also_of_what_comes() {
    let mut log = log(100, 5);
    log.set_filter(filter("9"));
    assert_eq!(seen(&log), ["line 95", "line 96", "line 97", "line 98", "line 99"]);
    log.take(numbered(100..110));
    assert_eq!(seen(&log).last().unwrap(), "line 109");
    log.first();
    assert_eq!(seen(&log)[0], "line 9");
    log.set_filter(filter(""));
    assert_eq!(seen(&log)[0], "line 9", "whoever found a line reads what stands around it");
}

#[test]
fn what_was_passed_over_is_said_where_it_is_missing_whatever_the_filter() {
    let mut log = log(3, 9);
    log.take(Tail { dropped: 7, ..numbered(10..12) });
    assert_eq!(seen(&log), ["line 0", "line 1", "line 2", "gap 7", "line 10", "line 11"]);
    log.set_filter(filter("11"));
    assert_eq!(seen(&log), ["gap 7", "line 11"]);
    let mut begins = Scrollback::default();
    begins.take(Tail { dropped: 7, ..numbered(7..8) });
    assert_eq!((begins.before(), begins.count()), (7, 1));
}

proptest! {
    #[test]
    fn whatever_comes_and_is_asked_for_what_is_seen_is_there(
        steps in proptest::collection::vec((0u8..7, 0usize..3_000), 1..40)
    ) {
        let mut log = Scrollback::default();
        for (what, much) in steps {
            let rows = isize::try_from(much).unwrap();
            match what {
                0 => log.take(numbered(0..much)),
                1 => log.take(Tail { dropped: much as u64, ..numbered(0..1) }),
                2 => log.scroll(rows),
                3 => log.scroll(-rows),
                4 => log.set_filter(filter(["", "1", "xyzzy"][much % 3])),
                5 => log.set_height(u16::try_from(much % 60).unwrap()),
                _ => log.last(),
            }
            prop_assert_eq!(log.visible().count(), log.count().min(log.height()));
            prop_assert!(log.at() + log.height() <= log.count().max(log.height()));
            prop_assert_eq!(log.follows(), log.follows() && log.at() == log.latest());
        }
    }
}
