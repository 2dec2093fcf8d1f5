//! A figure and its noise, and how figures are told: as Markdown for people, as JSON for programs.

use std::fmt;

/// The same thing measured several times.
#[derive(Default)]
pub struct Figures(pub Vec<f64>);

impl Figures {
    /// The one in the middle; the upper one where two are.
    pub fn median(&self) -> Option<f64> {
        let sorted = self.sorted();
        sorted.get(sorted.len() / 2).copied()
    }

    /// The median, or nothing where nothing was measured.
    pub fn middle(&self) -> f64 {
        self.median().unwrap_or_default()
    }

    /// The median, and between which values it was found: the noise belongs to the figure.
    pub fn spread(&self, unit: &str) -> String {
        let sorted = self.sorted();
        match (sorted.first(), self.median(), sorted.last()) {
            (Some(&least), Some(median), Some(&most)) => format!(
                "{} {unit} ({} to {})",
                Short(median),
                Short(least),
                Short(most)
            ),
            _ => "not measured".to_owned(),
        }
    }

    /// The median as a multiple of another.
    pub fn ratio(&self, to: &Self) -> String {
        match (self.median(), to.median()) {
            (Some(ours), Some(theirs)) => format!("{:.2}", ours / theirs),
            _ => "not measured".to_owned(),
        }
    }

    /// All of them, in the order in which they came.
    pub fn json(&self) -> String {
        let figures: Vec<_> = self.0.iter().map(|it| format!("{it:.3}")).collect();
        format!("[{}]", figures.join(", "))
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

impl Extend<f64> for Figures {
    fn extend<T: IntoIterator<Item = f64>>(&mut self, figures: T) {
        self.0.extend(figures);
    }
}

/// With as many digits as mean something.
pub struct Short(pub f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = match self.0 {
            small if small < 10.0 => 2,
            middle if middle < 100.0 => 1,
            _ => 0,
        };
        write!(f, "{:.decimals$}", self.0)
    }
}

/// Bytes as megabytes, where the system told them.
pub fn megabytes(bytes: Option<u64>) -> String {
    match bytes {
        // Whole kilobytes are exact, and no program of ours has more than u32 counts.
        Some(bytes) => {
            let kilobytes = u32::try_from(bytes / 1000).unwrap_or(u32::MAX);
            format!("{:.1} MB", f64::from(kilobytes) / 1000.0)
        }
        None => "not told by this system".to_owned(),
    }
}

/// A table in Markdown, written line by line.
pub struct Table(String);

impl Table {
    /// With these headings.
    pub fn new(headings: &[&str]) -> Self {
        let rule = "---|".repeat(headings.len());
        Self(format!("| {} |\n|{rule}\n", headings.join(" | ")))
    }

    /// Adds a line.
    pub fn line(&mut self, cells: &[&str]) {
        self.0.push_str("| ");
        self.0.push_str(&cells.join(" | "));
        self.0.push_str(" |\n");
    }

    /// As it is printed.
    pub fn text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_comes_with_its_noise() {
        let starts = Figures(vec![131.0, 12.2, 14.7]);

        assert_eq!(starts.spread("ms"), "14.7 ms (12.2 to 131)");
        assert_eq!(Figures::default().spread("ms"), "not measured");
    }

    #[test]
    fn a_table_has_a_rule_below_its_headings() {
        let mut table = Table::new(&["what", "measured"]);
        table.line(&["binary", "12 MB"]);

        assert_eq!(
            table.text(),
            "| what | measured |\n|---|---|\n| binary | 12 MB |\n"
        );
    }

    #[test]
    fn a_ratio_is_that_of_the_medians() {
        let (ours, theirs) = (Figures(vec![9.0, 3.0, 4.0]), Figures(vec![8.0]));

        assert_eq!(ours.ratio(&theirs), "0.50");
        assert_eq!(ours.ratio(&Figures::default()), "not measured");
    }
}
