//! Lets findings of one rule rest in one cluster, until a date and for a reason. They come back by themselves.
//!
//! The cluster is the one in which they were judged, which need not be the one on the screen: a group may serve several.

use jiff::{SignedDuration, Timestamp};

use super::Reaction;
use super::form::{Choice, Form};
use crate::app::screens::Screen;
use crate::app::{Effect, Model, TextField};
use crate::drift::{Finding, Ignore, RuleName};
use crate::fleet::{ClusterId, ClusterSelector, InstanceId, Place, Text};
use crate::plan::Refusal;

/// The time a finding rests unless something else is typed.
const USUAL: &str = "14 d";

/// Whoever lets something rest for longer wants a rule in the configuration.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// A field of the dialog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IgnoreField {
    /// The rule.
    Rule,
    /// Until when.
    Until,
    /// Why.
    Reason,
}

impl IgnoreField {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Rule, Self::Until, Self::Reason];
}

/// The dialog.
#[derive(Debug)]
pub struct IgnoreForm {
    /// The cluster in which the instance was judged.
    pub cluster: ClusterId,
    /// Rules that found something of the selected instance.
    pub rule: Choice<RuleName>,
    /// Until when, as it is typed: a date, or a time from now.
    pub until: TextField,
    /// Why.
    pub reason: TextField,
    /// The field that is typed or chosen now.
    pub focus: IgnoreField,
    /// Why it was not taken.
    pub refusal: Option<Refusal>,
}

/// The selected instance.
fn selected(model: &Model) -> Option<&InstanceId> {
    match model.screen() {
        Screen::Cluster(screen) => screen.list.selected(),
        Screen::Instance(screen) => Some(&screen.id),
        _ => None,
    }
}

/// The cluster in which a finding was judged.
fn judged_in(finding: &Finding) -> Option<ClusterId> {
    let place = Place { account: finding.account.clone(), region: finding.region.clone() };
    Some(ClusterId { place, name: finding.cluster.clone()? })
}

impl IgnoreForm {
    /// Asks about what was found of the selected instance.
    ///
    /// # Errors
    /// Why there is nothing to be ignored.
    pub fn new(model: &Model) -> Result<Self, String> {
        let instance = selected(model).ok_or("no instance of a cluster is selected")?;
        let findings = model.observation.as_ref().map_or(&[][..], |seen| seen.findings(instance));
        let mut rules: Vec<(RuleName, String)> = Vec::new();
        for finding in findings.iter().filter(|finding| finding.rule != RuleName::UNKNOWN) {
            if rules.iter().all(|(rule, _)| *rule != finding.rule) {
                rules.push((finding.rule, finding.rule.to_string()));
            }
        }
        let Some(finding) = findings.first().filter(|_| !rules.is_empty()) else {
            return Err(format!("nothing was found of {instance} that could be ignored"));
        };
        let cluster = judged_in(finding).ok_or("no instance of a cluster is selected")?;
        Ok(Self {
            cluster,
            rule: Choice::new(rules, 0),
            until: TextField::new(USUAL),
            reason: TextField::default(),
            focus: IgnoreField::Reason,
            refusal: None,
        })
    }

    fn ignore(&mut self, model: &Model) -> Result<Ignore, Refusal> {
        let Some(until) = until(self.until.text(), model.now) else {
            self.focus = IgnoreField::Until;
            return Err(Refusal::new(
                "that is no time within a year",
                "type a date such as 2027-01-31, or a time such as 14 d",
            ));
        };
        if self.reason.text().trim().is_empty() {
            self.focus = IgnoreField::Reason;
            return Err(Refusal::new("no reason is given", "say why: whoever finds it next wants to know"));
        }
        let rule = *self.rule.chosen().ok_or_else(|| Refusal::new("no rule is chosen", "choose one"))?;
        let ClusterId { name, place } = self.cluster.clone();
        let cluster = ClusterSelector { name, account: Some(place.account), region: Some(place.region) };
        let reason = Text::new(self.reason.text().trim());
        Ok(Ignore { cluster, rule, until, reason, author: model.whoever().principal })
    }
}

/// The end of a rest, by a date (its beginning in UTC) or by a time from now.
fn until(typed: &str, now: Timestamp) -> Option<Timestamp> {
    const DAY: i64 = 24;
    let typed = typed.trim();
    let date = || format!("{typed}T00:00:00Z").parse::<Timestamp>().ok();
    let days = || {
        let days: i64 = typed.trim_end_matches(char::is_alphabetic).trim_end().parse().ok()?;
        let unit = typed.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        let hours = match unit {
            "d" | "day" | "days" => DAY,
            "w" | "week" | "weeks" => 7 * DAY,
            "h" | "hour" | "hours" => 1,
            _ => return None,
        };
        now.checked_add(SignedDuration::try_from_hours(days.checked_mul(hours)?)?).ok()
    };
    let end = date().or_else(days)?;
    let rests = end.duration_since(now);
    (rests > SignedDuration::ZERO && rests <= LONGEST).then_some(end)
}

impl Form for IgnoreForm {
    type Field = IgnoreField;

    fn fields(&self) -> Vec<IgnoreField> {
        IgnoreField::ALL.to_vec()
    }

    fn focus(&mut self) -> &mut IgnoreField {
        &mut self.focus
    }

    fn typed(&mut self) -> Option<&mut TextField> {
        match self.focus {
            IgnoreField::Rule => None,
            IgnoreField::Until => Some(&mut self.until),
            IgnoreField::Reason => Some(&mut self.reason),
        }
    }

    fn turn(&mut self, forward: bool, _model: &Model) {
        if self.focus == IgnoreField::Rule {
            self.rule.turn(forward);
        }
    }

    fn refusal(&mut self) -> &mut Option<Refusal> {
        &mut self.refusal
    }

    fn accept(&mut self, model: &Model, effects: &mut Vec<Effect>) -> Result<Reaction, Refusal> {
        effects.push(Effect::Ignore(Box::new(self.ignore(model)?)));
        Ok(Reaction::Close)
    }

    /// It changes nothing that runs.
    fn plans_for(&self) -> Option<&ClusterId> {
        None
    }

    fn is_free_text(&self) -> bool {
        self.focus == IgnoreField::Reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::Person;

    #[test]
    fn what_is_ignored_is_ignored_in_the_cluster_in_which_it_was_judged() {
        let mut person = Person::new();
        person.press("j j enter n");
        let on_screen = person.model.screen().view().subject().cloned().unwrap();
        assert_eq!(IgnoreForm::new(&person.model).unwrap().cluster, on_screen);
        // Its group serves a second cluster, which comes first.
        let seen = person.model.observation.as_mut().unwrap();
        for finding in &mut std::sync::Arc::make_mut(&mut seen.judgement).findings {
            finding.cluster = Some("alpha".into());
        }
        let mut form = IgnoreForm::new(&person.model).unwrap();
        let alpha = ClusterId { name: "alpha".into(), ..on_screen };
        assert_eq!(form.cluster, alpha);
        form.reason = TextField::new("it moves next week");
        let ignore = form.ignore(&person.model).unwrap();
        assert!(ignore.cluster.matches(&alpha), "{ignore:?}");
    }

    #[test]
    fn a_rest_ends_at_a_date_or_after_a_time_and_never_later_than_a_year() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let end = |typed| until(typed, now).map(|end| end.to_string());
        assert_eq!(end("2027-01-31").as_deref(), Some("2027-01-31T00:00:00Z"));
        assert_eq!(end("14 d").as_deref(), Some("2026-12-07T10:00:00Z"));
        assert_eq!(end(" 2w ").as_deref(), Some("2026-12-07T10:00:00Z"));
        for typed in
            ["", "soon", "d", "-1 d", "0 d", "2026-11-23", "2099-01-01", "400 d", "9999999999999999 d"]
        {
            assert_eq!(end(typed), None, "{typed}");
        }
    }
}
