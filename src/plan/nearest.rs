//! The nearest names, for whoever misspelt one.

/// Names as near as this are offered (Jaro–Winkler, 0–1).
const NEAR: f64 = 0.75;

/// Most names a remedy lists.
const MOST: usize = 5;

/// A remedy that offers the nearest names, else all of them as far as a sentence can hold.
pub fn remedy(wrong: &str, names: impl Iterator<Item = String>, otherwise: &str) -> String {
    let names: Vec<String> = names.collect();
    let mut near: Vec<(f64, &String)> = names
        .iter()
        .map(|name| (strsim::jaro_winkler(&wrong.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(score, name)| *score >= NEAR || name.contains(wrong))
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let listed = |names: &mut dyn Iterator<Item = &String>| {
        names.take(MOST).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    if names.is_empty() {
        return "there is none at all".into();
    }
    if near.is_empty() {
        let more = if names.len() > MOST { " …" } else { "" };
        format!("{otherwise} {}{more}", listed(&mut names.iter()))
    } else {
        format!("did you mean {}?", listed(&mut near.into_iter().map(|(_, name)| name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_answered_with_the_nearest() {
        let names = || ["orders", "checkout", "search"].into_iter().map(String::from);
        assert_eq!(remedy("ordres", names(), "there are"), "did you mean `orders`?");
        assert_eq!(remedy("xyz", names(), "there are"), "there are `orders`, `checkout`, `search`");
        assert_eq!(remedy("xyz", std::iter::empty(), "there are"), "there is none at all");
    }
}
