//! A share as a bar, to an eighth of a column.

/// Eighths of a column, from none to seven.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// The filled part of a bar: 0–100 percent of so many columns. A share above none is never drawn as none.
pub fn filled(percent: f64, columns: u16) -> String {
    let share = percent.clamp(0.0, 100.0) / 100.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0–65,535 columns"
    )]
    let mut eighths = (share * f64::from(columns) * 8.0).round() as usize;
    if share > 0.0 && columns > 0 {
        eighths = eighths.max(1);
    }
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(filled(100.0, 4), "████");
        assert_eq!(filled(50.0, 3), "█▌");
        assert_eq!(filled(0.0, 4), "");
        assert_eq!(filled(0.1, 4), "▏");
        assert_eq!(filled(250.0, 2), "██");
        assert_eq!(filled(50.0, 0), "");
    }
}
