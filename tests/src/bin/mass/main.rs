//! The scores of `cargo xtask bench`: a committee's year from the database into a workbook, the
//! proof of a long ledger, and a country's members scored beside one SQL statement.
//!
//! It is called by xtask only, which makes a section of what it prints: one `name: figure` a line.

mod committee;
mod country;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
mass rules MEMBERS FACTS
mass committee MEMBERS FACTS
mass ledger ENTRIES
mass country POSTGRES_URL MEMBERS FACTS";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| -> Result<u32> {
        let number = text.parse();
        number.with_context(|| format!("{text:?} is no number"))
    };
    match words[..] {
        ["rules", members, facts] => country::rules(number(members)?, number(facts)?),
        ["committee", members, facts] => {
            let (members, facts) = (number(members)?, number(facts)?);
            actix_web::rt::System::new().block_on(committee::scored(members, facts))
        }
        ["ledger", entries] => {
            let entries = number(entries)?;
            actix_web::rt::System::new().block_on(committee::proved(entries))
        }
        ["country", url, members, facts] => country::scored(url, number(members)?, number(facts)?),
        _ => bail!("usage:\n{USAGE}"),
    }
}
