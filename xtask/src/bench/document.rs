//! Puts what was measured into `docs/performance.md`, between marks that stay.

use anyhow::{Context, Result};

use crate::workspace;

/// Replaces the section of that name; it must be there, so that its place is somebody's choice.
pub fn write(name: &str, text: &str) -> Result<()> {
    let file = workspace::root().join("docs/performance.md");
    let old = std::fs::read_to_string(&file)?;
    let new = replaced(&old, name, text)
        .with_context(|| format!("{} has no marks for {name}", file.display()))?;
    std::fs::write(&file, new)?;
    Ok(())
}

fn replaced(document: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (
        format!("<!-- bench {name} -->\n"),
        format!("<!-- end of bench {name} -->"),
    );
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{}\n{end}{after}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::request::Part;

    #[test]
    fn every_part_has_its_place_in_the_document() {
        let file = workspace::root().join("docs/performance.md");
        let document = std::fs::read_to_string(file).unwrap();

        for part in Part::ALL {
            let name = part.word();
            assert!(replaced(&document, name, "").is_some(), "{name}");
        }
    }

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let document = "a\n<!-- bench load -->\nold\nolder\n<!-- end of bench load -->\nb\n";

        let new = replaced(document, "load", "new\n").unwrap();

        assert_eq!(
            new,
            "a\n<!-- bench load -->\nnew\n<!-- end of bench load -->\nb\n"
        );
        assert_eq!(replaced(&new, "load", "new").unwrap(), new);
        assert_eq!(replaced(document, "nation", "new"), None);
    }
}
