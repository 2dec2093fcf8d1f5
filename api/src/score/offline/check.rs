//! Whether a file is a usable rulebook, said to whoever writes it.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use domain::score::{Rulebook, rulebook_schema};

use super::complain;
use crate::score::rulebook_file;

/// Says whether a file is a usable rulebook, what it holds, and what was chosen in it.
///
/// # Errors
/// When it is not; every error is printed with line and column before.
pub fn check(path: &Path) -> Result<()> {
    let rulebook = rulebook_file::read(path).map_err(|errors| complain(path, &errors))?;
    print!("{}", summary(&rulebook));
    Ok(())
}

/// Prints the JSON Schema of rulebooks, for editors.
///
/// # Errors
/// Never: a schema is JSON.
pub fn schema() -> Result<()> {
    println!("{}", serde_json::to_string_pretty(&rulebook_schema())?);
    Ok(())
}

fn summary(rulebook: &Rulebook) -> String {
    let mut text = format!(
        "检查通过：{}（{}，第 {} 版）\n",
        rulebook.title, rulebook.key, rulebook.version
    );
    let counts = [
        ("部分", rulebook.parts.len()),
        ("计分条款", rulebook.rules.len()),
        ("必做", rulebook.requirements.len()),
        ("等次", rulebook.grades.len()),
        ("评议", rulebook.reviews.len()),
    ];
    let counts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} {count} 个"))
        .collect();
    let mut put =
        |line: String| writeln!(text, "{line}").expect("writing to a string does not fail");
    put(counts.join("，"));
    put(format!("考核期：{}", rulebook.period.unit.zh()));
    put(format!("内容指纹：{}", rulebook.hash()));
    let choices = choices(rulebook);
    if choices.is_empty() {
        put("原文没有规定而由细则选定的：无".to_owned());
    } else {
        put(format!(
            "原文没有规定而由细则选定的，共 {} 处，请确认：",
            choices.len()
        ));
        for (clause, choice) in choices {
            put(format!("  {clause}：{choice}"));
        }
    }
    text
}

/// What was chosen where the committee's text is silent, in the order of the rulebook.
fn choices(rulebook: &Rulebook) -> Vec<(String, String)> {
    let totals = [&rulebook.total, &rulebook.group_total];
    let totals = totals
        .into_iter()
        .flatten()
        .map(|one| ("总分", &one.choice));
    let deemed = rulebook
        .deemed
        .iter()
        .map(|one| (one.clause.as_str(), &one.choice));
    let parts = rulebook
        .parts
        .iter()
        .map(|one| (one.clause.as_str(), &one.choice));
    let rules = rulebook
        .rules
        .iter()
        .map(|one| (one.clause.as_str(), &one.choice));
    let requirements = rulebook
        .requirements
        .iter()
        .map(|one| (one.clause.as_str(), &one.choice));
    let grades = rulebook.grades.iter().map(|one| {
        (
            one.clause.as_ref().unwrap_or(&one.title).as_str(),
            &one.choice,
        )
    });
    let overrides = rulebook
        .overrides
        .iter()
        .map(|one| (one.clause.as_str(), &one.choice));
    let reviews = rulebook
        .reviews
        .iter()
        .map(|one| (one.clause.as_str(), &one.choice));
    totals
        .chain(deemed)
        .chain(parts)
        .chain(rules)
        .chain(requirements)
        .chain(grades)
        .chain(overrides)
        .chain(reviews)
        .filter_map(|(clause, choice)| Some((clause.to_owned(), choice.clone()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_listed_for_whoever_confirms_it() {
        let shipped = crate::rulebook::shipped();
        let text = summary(&shipped);
        assert!(text.starts_with("检查通过："), "{text}");
        assert!(text.contains(&format!("计分条款 {} 个", shipped.rules.len())));
        for (_, choice) in choices(&shipped) {
            assert!(text.contains(&choice), "{choice}");
        }
    }
}
