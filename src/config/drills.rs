//! Hours in which drills of a cluster are allowed: times of days, once or several, by the clocks of a zone.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use super::document::{Item, Parsed, Section};
use super::{freezes, instead};
use crate::plan::{DrillHours, Moment, Window};

/// How hours are written.
const SAMPLE: &str = "\"Mon-Fri 10:00-16:00\"";

/// Reads them of a cluster; `None` where it says nothing of drills.
pub(super) fn read(cluster: &mut Section<'_>) -> Option<DrillHours> {
    let mut drills = None;
    cluster.section("drills", |section| {
        if !section.has("hours") {
            section.wrong("drills have no hours", format!("write hours = {SAMPLE}, or \"always\""));
        }
        let hours = section.read("hours", hours);
        let named = section.read("zone", |item| Ok((item.string()?.to_owned(), freezes::zone(item)?)));
        let (name, zone) = named.unwrap_or_else(|| ("UTC".into(), TimeZone::UTC));
        drills = hours.map(|(written, spans)| {
            let window = |(from, until)| Window::Weekly { from, until, zone: zone.clone() };
            DrillHours {
                written: format!("{written} {name}"),
                windows: spans.into_iter().map(window).collect(),
            }
        });
    });
    drills
}

type Span = (Moment, Moment);

fn hours(item: Item<'_>) -> Parsed<(String, Vec<Span>)> {
    let written = item.string()?.trim();
    let mut spans = Vec::new();
    if written.eq_ignore_ascii_case("always") {
        let monday = Moment { day: Weekday::Monday, time: Time::midnight() };
        spans.push((monday, monday));
    } else {
        for part in written.split(',') {
            match of_days(part.trim()) {
                Ok(found) => spans.extend(found),
                Err(why) => return item.wrong(why, format!("write hours = {SAMPLE}, or \"always\"")),
            }
        }
    }
    Ok((written.to_owned(), spans))
}

/// Reads `Mon-Fri 10:00-16:00`, or one day; a time that ends before it begins ends on the next day.
fn of_days(part: &str) -> Result<Vec<Span>, String> {
    let (days, times) = part.split_once(' ').ok_or_else(|| format!("`{part}` is no day with its hours"))?;
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let (first, last) = (day(first)?, day(last)?);
    let (from, until) =
        times.trim().split_once('-').ok_or_else(|| format!("`{}` are no hours", times.trim()))?;
    let (from, until) = (time(from)?, time(until)?);
    let mut spans = Vec::new();
    let mut day = first;
    loop {
        let ends = if until > from { day } else { day.next() };
        spans.push((Moment { day, time: from }, Moment { day: ends, time: until }));
        if day == last {
            return Ok(spans);
        }
        day = day.next();
    }
}

fn day(word: &str) -> Result<Weekday, String> {
    let word = word.trim();
    let known = freezes::DAYS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known));
    known.map(|(_, day)| *day).ok_or_else(|| {
        format!("no day is called `{word}`: {}", instead(word, freezes::DAYS.iter().map(|(known, _)| *known)))
    })
}

fn time(word: &str) -> Result<Time, String> {
    word.trim().parse().map_err(|_| format!("`{}` is no time of a day", word.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::document;

    fn said(text: &str) -> Result<Option<DrillHours>, Vec<String>> {
        let mut drills = None;
        let faults = document::read(text, |file| drills = read(file));
        let told: Vec<String> =
            faults.into_iter().map(|fault| format!("{}; {}", fault.what, fault.remedy)).collect();
        if told.is_empty() { Ok(drills) } else { Err(told) }
    }

    fn hold(text: &str, at: &str) -> bool {
        said(text).unwrap().unwrap().hold_at(at.parse().unwrap())
    }

    #[test]
    fn hours_hold_on_their_days_and_by_the_clocks_of_their_zone() {
        // 2026-11-20 is a Friday, and Berlin is an hour ahead of UTC then.
        let office = "drills = { hours = 'Mon-Fri 10:00-16:00', zone = 'Europe/Berlin' }";
        for (at, holds) in [
            ("2026-11-20T08:59:59Z", false),
            ("2026-11-20T09:00:00Z", true),
            ("2026-11-20T14:59:59Z", true),
            ("2026-11-20T15:00:00Z", false),
            ("2026-11-21T12:00:00Z", false),
            ("2026-11-23T12:00:00Z", true),
        ] {
            assert_eq!(hold(office, at), holds, "{at}");
        }
        let night = "drills = { hours = 'Sat 22:00-02:00, wed 12:00-13:00' }";
        for (at, holds) in [
            ("2026-11-21T21:59:00Z", false),
            ("2026-11-21T22:00:00Z", true),
            ("2026-11-22T01:59:00Z", true),
            ("2026-11-22T02:00:00Z", false),
            ("2026-11-25T12:30:00Z", true),
        ] {
            assert_eq!(hold(night, at), holds, "{at}");
        }
        assert!(hold("drills = { hours = 'always' }", "2026-11-22T03:00:00Z"));
        assert_eq!(said("").unwrap(), None);
        assert_eq!(said(office).unwrap().unwrap().to_string(), "Mon-Fri 10:00-16:00 Europe/Berlin");
    }

    #[test]
    fn what_are_no_hours_is_told_with_what_to_write_instead() {
        for (text, told) in [
            ("drills = {}", "drills have no hours"),
            ("drills = { hours = 'Mon-Fri' }", "is no day with its hours"),
            ("drills = { hours = 'Mon-Fry 10:00-16:00' }", "no day is called `Fry`"),
            ("drills = { hours = 'Mon 10:00' }", "`10:00` are no hours"),
            ("drills = { hours = 'Mon 10:00-25:00' }", "`25:00` is no time of a day"),
            ("drills = { hours = 'always', zone = 'Mars/Dome' }", "no time zone is called"),
            ("drills = true", "is a section, not a value"),
        ] {
            let mistakes = said(text).unwrap_err();
            assert_eq!(mistakes.len(), 1, "{mistakes:?}");
            assert!(mistakes[0].contains(told), "{mistakes:?}");
        }
    }
}
