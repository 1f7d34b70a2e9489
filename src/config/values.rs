//! What a single value may be: each function reads one and says what to write instead.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use toml::de::DeValue;

use super::document::{Item, Parsed};
use super::instead;
use crate::fleet::{AccountId, Region};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Digits of an account id.
const ACCOUNT_DIGITS: usize = 12;

/// Reads text that is not empty.
pub(super) fn text(item: Item<'_>) -> Parsed<String> {
    item.string().map(ToOwned::to_owned)
}

/// Reads `true` or `false`.
pub(super) fn boolean(item: Item<'_>) -> Parsed<bool> {
    match item.value.get_ref() {
        DeValue::Boolean(on) => Ok(*on),
        _ => item.not_a("true or false", format!("write {} = true", item.key)),
    }
}

/// Reads a whole number within limits.
pub(super) fn number<T>(limits: RangeInclusive<T>) -> impl Fn(Item<'_>) -> Parsed<T>
where
    T: TryFrom<u64> + PartialOrd + std::fmt::Display,
{
    move |item| {
        let remedy = format!("write a number from {} to {}", limits.start(), limits.end());
        let DeValue::Integer(number) = item.value.get_ref() else {
            return item.not_a("a whole number", remedy);
        };
        let parsed = u64::from_str_radix(number.as_str(), number.radix()).ok();
        match parsed.and_then(|number| T::try_from(number).ok()).filter(|number| limits.contains(number)) {
            Some(number) => Ok(number),
            None => item.wrong(format!("`{}` cannot be {number}", item.key), remedy),
        }
    }
}

/// Reads a number within limits, with or without a fraction.
pub(super) fn decimal(limits: RangeInclusive<f64>) -> impl Fn(Item<'_>) -> Parsed<f64> {
    move |item| {
        let remedy = format!("write a number from {} to {}", limits.start(), limits.end());
        let text = match item.value.get_ref() {
            DeValue::Integer(number) => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return item.not_a("a number", remedy),
        };
        match text.parse().ok().filter(|number| limits.contains(number)) {
            Some(number) => Ok(number),
            None => item.wrong(format!("`{}` cannot be {text}", item.key), remedy),
        }
    }
}

/// Reads a time within limits, such as `10s` or `30d`. A day has 24 hours.
pub(super) fn duration(limits: RangeInclusive<Duration>) -> impl Fn(Item<'_>) -> Parsed<Duration> {
    move |item| {
        let (least, most) = (spell(*limits.start()), spell(*limits.end()));
        let remedy = format!("write a time from {least} to {most}, such as {} = \"{least}\"", item.key);
        let DeValue::String(text) = item.value.get_ref() else {
            return item.not_a("a time with its unit", remedy);
        };
        let day = SpanRelativeTo::days_are_24_hours();
        let parsed = text.parse::<Span>().and_then(|span| span.to_duration(day));
        let parsed = parsed.ok().and_then(|signed: SignedDuration| Duration::try_from(signed).ok());
        match parsed.filter(|time| limits.contains(time)) {
            Some(time) => Ok(time),
            None => item.wrong(format!("`{}` cannot be `{text}`", item.key), remedy),
        }
    }
}

/// Reads a time within limits in whole seconds.
pub(super) fn seconds(limits: RangeInclusive<Duration>) -> impl Fn(Item<'_>) -> Parsed<u64> {
    let read = duration(limits);
    move |item| match read(item)? {
        time if time.subsec_nanos() == 0 => Ok(time.as_secs()),
        _ => item
            .wrong(format!("`{}` takes no part of a second", item.key), "write whole seconds, such as 90s"),
    }
}

/// Reads an instant: a time with its zone, or a date, which is its beginning in UTC.
pub(super) fn instant(item: Item<'_>) -> Parsed<Timestamp> {
    let remedy = || format!("write {0} = 2030-01-31, or {0} = 2030-01-31T18:00:00Z", item.key);
    let word = match item.value.get_ref() {
        DeValue::Datetime(time) => time.to_string(),
        DeValue::String(text) => text.trim().to_owned(),
        _ => return item.not_a("a date or a time", remedy()),
    };
    let begun = |date: Date| TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0));
    let parsed = word.parse::<Timestamp>();
    match parsed
        .or_else(|error| if word.contains(['T', ':']) { Err(error) } else { word.parse().and_then(begun) })
    {
        Ok(at) => Ok(at),
        Err(_) => item.wrong(format!("`{word}` is no date, and no time with its zone"), remedy()),
    }
}

/// Writes a time in the largest unit that leaves no rest.
fn spell(time: Duration) -> String {
    let seconds = time.as_secs();
    let unit = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m")]
        .into_iter()
        .find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    let (unit, letter) = unit.unwrap_or((1, "s"));
    format!("{}{letter}", seconds / unit)
}

/// Reads a list.
pub(super) fn list<T>(one: impl Fn(Item<'_>) -> Parsed<T>) -> impl Fn(Item<'_>) -> Parsed<Vec<T>> {
    move |item| {
        let DeValue::Array(values) = item.value.get_ref() else {
            let one = if let DeValue::String(text) = item.value.get_ref() { text.as_ref() } else { "…" };
            return item.not_a("a list", format!("write {} = [{one:?}]", item.key));
        };
        let mut faults = Vec::new();
        let read = |value| one(Item { value, ..item }).map_err(|wrong| faults.extend(wrong)).ok();
        let list = values.iter().filter_map(read).collect();
        if faults.is_empty() { Ok(list) } else { Err(faults) }
    }
}

/// Reads one of a few words.
pub(super) fn one_of<T: Copy>(words: &[(&str, T)]) -> impl Fn(Item<'_>) -> Parsed<T> {
    move |item| {
        let word = match item.value.get_ref() {
            DeValue::Integer(number) => number.as_str(),
            _ => item.string()?,
        };
        if let Some((_, meant)) = words.iter().find(|(known, _)| *known == word) {
            return Ok(*meant);
        }
        let known = || words.iter().map(|(known, _)| *known);
        item.wrong(format!("`{}` cannot be `{word}`", item.key), instead(word, known()))
    }
}

/// Reads an account id: twelve digits, in quotes since it may begin with a zero.
pub(super) fn account(item: Item<'_>) -> Parsed<AccountId> {
    account_id(item.string()?).or_else(|(what, remedy)| item.wrong(what, remedy))
}

/// Reads an account id from a word.
pub(super) fn account_id(word: &str) -> Result<AccountId, (String, String)> {
    let is_id = |word: &str| word.len() == ACCOUNT_DIGITS && word.bytes().all(|byte| byte.is_ascii_digit());
    if is_id(word) {
        return Ok(word.into());
    }
    let digits = word.replace(['-', ' '], "");
    let remedy = if is_id(&digits) {
        format!("write \"{digits}\"")
    } else {
        format!("write its {ACCOUNT_DIGITS} digits in quotes, such as \"123456789012\"")
    };
    Err((format!("`{word}` is no account id"), remedy))
}

/// Reads the name of a region. Whether there is such a region only AWS knows.
pub(super) fn region(item: Item<'_>) -> Parsed<Region> {
    let word = item.string()?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !word.starts_with(|c: char| c.is_ascii_lowercase()) || !word.chars().all(plain) {
        return item.wrong(format!("`{word}` is no name of a region"), "write one such as eu-west-1");
    }
    let before_the_letter = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    if word.len() == before_the_letter.len() + 1 && before_the_letter.ends_with(|c: char| c.is_ascii_digit())
    {
        return item.wrong(format!("`{word}` is a zone"), format!("write its region, `{before_the_letter}`"));
    }
    Ok(word.into())
}

/// Reads the address of an endpoint.
pub(super) fn endpoint(item: Item<'_>) -> Parsed<String> {
    let url = item.string()?;
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if host.is_some_and(|host| !host.is_empty() && host.chars().all(|c| c.is_ascii_graphic())) {
        return Ok(url.to_owned());
    }
    item.wrong(format!("`{url}` is no address"), "write it as http://HOST:PORT or https://HOST")
}
