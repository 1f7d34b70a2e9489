//! Which rows are shown: words that must all be found, `field:word`, `!word` for rows without it, `/regex/`.
//!
//! Letters A–Z match whatever their case. A word whose field nobody knows is looked for as it stands.

use regex::{Regex, RegexBuilder};

/// Compiled patterns larger than this are refused rather than waited for.
const LARGEST_REGEX: usize = 1 << 20;

/// Where a row lets its texts be looked for.
pub trait Fields {
    /// Whether a text of the field passes the check; without a field, any text one would look for.
    fn any(&self, field: Option<&str>, check: &mut dyn FnMut(&str) -> bool) -> bool;
}

/// The names of fields that can be written before a colon.
pub const FIELDS: &[&str] = &[
    "name", "group", "zone", "type", "image", "state", "health", "drift", "region", "account", "instance",
    "tag", "family", "version", "owner", "revision", "builder",
];

/// What a person typed, read once.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    not: bool,
    field: Option<String>,
    pattern: Pattern,
}

#[derive(Clone, Debug)]
enum Pattern {
    Word(String),
    Regex(Regex),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// One sentence, where a regular expression cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut terms = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (term, after) = Term::read(rest)?;
            terms.extend(term);
            rest = after.trim_start();
        }
        Ok(Self { text: text.trim().to_owned(), terms })
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether every row passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row is shown.
    pub fn matches(&self, row: &dyn Fields) -> bool {
        self.terms
            .iter()
            .all(|term| term.not != row.any(term.field.as_deref(), &mut |text| term.pattern.finds(text)))
    }
}

impl Term {
    fn read(text: &str) -> Result<(Option<Self>, &str), String> {
        let (not, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        let known = text.split_once(':').filter(|(name, _)| FIELDS.contains(name));
        let (field, text) = known.map_or((None, text), |(name, rest)| (Some(name.to_owned()), rest));
        if let Some(rest) = text.strip_prefix('/') {
            // While it is being typed its end is not there yet.
            let (pattern, after) = rest.split_once('/').unwrap_or((rest, ""));
            let regex = RegexBuilder::new(pattern)
                .case_insensitive(true)
                .size_limit(LARGEST_REGEX)
                .build()
                .map_err(|error| format!("/{pattern}/ cannot be read: {}", last_line(&error)))?;
            return Ok((Some(Self { not, field, pattern: Pattern::Regex(regex) }), after));
        }
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (word, after) = text.split_at(end);
        let term = Self { not, field, pattern: Pattern::Word(word.to_owned()) };
        // A lone `!` or `zone:` is the beginning of a word and hides nothing yet.
        Ok(((!word.is_empty()).then_some(term), after))
    }
}

impl Pattern {
    fn finds(&self, text: &str) -> bool {
        match self {
            Self::Word(word) => contains(text, word),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// Whether a text holds a word, A–Z in either case, without making anything.
fn contains(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some((first, rest)) = word.split_first() else { return true };
    text.iter().enumerate().any(|(at, byte)| {
        byte.eq_ignore_ascii_case(first)
            && text.get(at + 1..at + word.len()).is_some_and(|tail| tail.eq_ignore_ascii_case(rest))
    })
}

/// The regex crate draws its errors over several lines; the last one is the sentence.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Instance;

    impl Fields for Instance {
        fn any(&self, field: Option<&str>, check: &mut dyn FnMut(&str) -> bool) -> bool {
            [("name", "Orders-Blue-1"), ("zone", "eu-west-1a"), ("tag", "Role=web")]
                .into_iter()
                .any(|(name, text)| field.is_none_or(|field| field == name) && check(text))
        }
    }

    #[test]
    fn every_word_must_be_found_and_none_of_the_denied() {
        for (filter, shown) in [
            ("", true),
            ("orders", true),
            ("orders 1a", true),
            ("orders green", false),
            ("!green", true),
            ("!orders", false),
            ("zone:1a", true),
            ("zone:orders", false),
            ("!zone:1b tag:role=WEB", true),
            ("/^orders-(blue|green)-\\d+$/", true),
            ("name:/blue 1/", false),
            ("!/green/ blue", true),
            ("arn:aws", false),
            ("!", true),
            ("zone:", true),
        ] {
            assert_eq!(Filter::parse(filter).unwrap().matches(&Instance), shown, "{filter}");
        }
    }

    #[test]
    fn a_regex_that_cannot_be_read_is_told_in_one_sentence() {
        let error = Filter::parse("/(blue/").unwrap_err();
        assert_eq!(error, "/(blue/ cannot be read: unclosed group");
    }

    proptest! {
        #[test]
        fn any_text_is_a_filter_or_a_sentence(text in any::<String>()) {
            match Filter::parse(&text) {
                Ok(filter) => { filter.matches(&Instance); }
                Err(sentence) => prop_assert!(!sentence.is_empty()),
            }
        }

        #[test]
        fn a_word_is_found_as_a_search_without_case_finds_it(text in "[a-cA-C ]{0,12}", word in "[a-cA-C]{1,3}") {
            prop_assert_eq!(contains(&text, &word), text.to_lowercase().contains(&word.to_lowercase()));
        }
    }
}
