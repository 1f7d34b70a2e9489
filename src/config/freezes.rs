//! Times in which nothing is changed: once, between two instants, or every week, between two moments of it.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use super::document::{Item, Parsed, Section};
use super::{instead, values};
use crate::fleet::ClusterSelector;
use crate::plan::{Freeze, Moment, Window};

/// Days as they may be written.
pub(super) const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Where a freeze begins or ends.
enum Edge {
    Once(Timestamp),
    Weekly(Moment),
}

/// Every `[[freeze]]` of a document.
pub(super) fn read(file: &mut Section<'_>) -> Vec<Freeze> {
    let mut freezes = Vec::new();
    file.sections("freeze", |section| freezes.extend(read_one(section)));
    freezes
}

fn read_one(section: &mut Section<'_>) -> Option<Freeze> {
    for key in ["from", "until", "why"] {
        if !section.has(key) {
            section.wrong(format!("a freeze has no {key}"), format!("write {key} = … below it"));
        }
    }
    let from = section.read("from", edge);
    let until = section.read("until", edge);
    let has_zone = section.has("zone");
    let zone = section.read("zone", zone);
    let why = section.read("why", values::text);
    let clusters = section.read("clusters", values::list(values::text)).unwrap_or_default();
    let when = match (from?, until?) {
        (Edge::Once(_), Edge::Once(_)) if has_zone => {
            section
                .wrong("a freeze that is once takes no zone", "write the zone in its times, or leave it out");
            return None;
        }
        (Edge::Once(from), Edge::Once(until)) if from < until => Window::Once { from, until },
        (Edge::Once(_), Edge::Once(_)) => {
            section.wrong("a freeze ends before it begins", "write an `until` that is later than its `from`");
            return None;
        }
        (Edge::Weekly(from), Edge::Weekly(until)) => {
            let zone = if has_zone { zone? } else { TimeZone::UTC };
            Window::Weekly { from, until, zone }
        }
        _ => {
            section.wrong(
                "a freeze begins on a date and ends on a weekday, or the other way round",
                "write two dates, or two weekdays with their times",
            );
            return None;
        }
    };
    let selector = |name: String| ClusterSelector { name: name.as_str().into(), account: None, region: None };
    Some(Freeze { why: why?, when, clusters: clusters.into_iter().map(selector).collect() })
}

/// Reads an instant, or a moment of the week such as `fri 16:00`.
fn edge(item: Item<'_>) -> Parsed<Edge> {
    if let Ok(word) = item.string()
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
    {
        return moment(word)
            .map(Edge::Weekly)
            .or_else(|why| item.wrong(why, format!("write {} = \"fri 16:00\"", item.key)));
    }
    values::instant(item).map(Edge::Once)
}

fn moment(word: &str) -> Result<Moment, String> {
    let (day, time) = word.split_once(' ').ok_or_else(|| format!("`{word}` is no weekday with its time"))?;
    let day =
        DAYS.iter().find(|(known, _)| day.eq_ignore_ascii_case(known)).map(|(_, day)| *day).ok_or_else(
            || format!("no day is called `{day}`: {}", instead(day, DAYS.iter().map(|(known, _)| *known))),
        )?;
    let time: Time = time.trim().parse().map_err(|_| format!("`{}` is no time of a day", time.trim()))?;
    Ok(Moment { day, time })
}

/// Reads the name of a time zone. The system's own list of them is asked, as for every local time.
pub(super) fn zone(item: Item<'_>) -> Parsed<TimeZone> {
    let name = item.string()?;
    TimeZone::get(name).or_else(|_| {
        item.wrong(
            format!("no time zone is called `{name}`"),
            "write one such as \"Europe/Berlin\" or \"UTC\"",
        )
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;
    use crate::config::document;

    fn said(text: &str) -> Result<Vec<Freeze>, Vec<String>> {
        let mut freezes = Vec::new();
        let faults = document::read(text, |file| freezes = read(file));
        let told: Vec<String> =
            faults.into_iter().map(|fault| format!("{}; {}", fault.what, fault.remedy)).collect();
        if told.is_empty() { Ok(freezes) } else { Err(told) }
    }

    #[test]
    fn a_freeze_is_once_or_every_week() {
        let freezes = said(
            "[[freeze]]\nfrom = 2030-12-24\nuntil = 2030-12-27T08:00:00Z\nwhy = 'holidays'\n\
             [[freeze]]\nfrom = 'Fri 16:00'\nuntil = 'mon 08:00'\nzone = 'UTC'\nwhy = 'weekend'\n\
             clusters = ['orders']",
        )
        .unwrap();
        let instant = |text: &str| text.parse().unwrap();
        let once = Window::Once { from: instant("2030-12-24T00:00Z"), until: instant("2030-12-27T08:00Z") };
        assert_eq!(freezes[0], Freeze { why: "holidays".into(), when: once, clusters: Vec::new() });
        let Window::Weekly { from, until, .. } = &freezes[1].when else { panic!("{freezes:?}") };
        assert_eq!(*from, Moment { day: Weekday::Friday, time: time(16, 0, 0, 0) });
        assert_eq!(*until, Moment { day: Weekday::Monday, time: time(8, 0, 0, 0) });
        assert_eq!(freezes[1].clusters[0].name.raw(), "orders");
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_what_to_write_instead() {
        for (text, told) in [
            ("from = 2030-12-24\nuntil = 2030-12-23", "ends before it begins"),
            ("from = 2030-12-24\nuntil = 'mon 08:00'", "begins on a date and ends on a weekday"),
            ("from = 'fri 16:00'\nuntil = 'mon 25:00'", "`25:00` is no time of a day"),
            ("from = 'fir 16:00'\nuntil = 'mon 08:00'", "no day is called `fir`: write `fri`"),
            ("from = 'friday'\nuntil = 'mon 08:00'", "`friday` is no weekday with its time"),
            ("from = 'fri 16:00'\nuntil = 'mon 08:00'\nzone = 'Mars/Dome'", "no time zone is called"),
            ("from = 2030-12-24\nuntil = 2030-12-27\nzone = 'UTC'", "takes no zone"),
            ("from = 7\nuntil = 2030-12-27", "takes a date or a time"),
            ("from = 2030-12-24", "a freeze has no until"),
        ] {
            let mistakes = said(&format!("[[freeze]]\nwhy = 'w'\n{text}")).unwrap_err();
            assert_eq!(mistakes.len(), 1, "{mistakes:?}");
            assert!(mistakes[0].contains(told), "{mistakes:?}");
        }
    }
}
