//! The empty roster file that the office fills in.

use domain::people::Position;
use domain::roster::COLUMNS;
use rust_xlsxwriter::XlsxError;

use crate::spreadsheet::template::{self, TemplateColumn};

/// What can be chosen from in one committee.
#[derive(Clone, Debug)]
pub struct Choices {
    /// Names of the sectors.
    pub sectors: Vec<String>,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// Names of the special committees.
    pub special_committees: Vec<String>,
}

/// Makes the file. Packing costs time: call it where blocking is allowed.
pub(super) fn make(choices: &Choices) -> Result<Vec<u8>, XlsxError> {
    let columns: Vec<TemplateColumn> = COLUMNS
        .iter()
        .map(|column| TemplateColumn {
            header: column.header.to_owned(),
            required: column.required,
            help: column.help.to_owned(),
            choices: chosen_from(column.header, choices),
        })
        .collect();
    template::make("名册", &columns)
}

fn chosen_from(header: &str, choices: &Choices) -> Vec<String> {
    match header {
        "界别" => choices.sectors.clone(),
        "活动组" => choices.groups.clone(),
        "专委会" => choices.special_committees.clone(),
        "职务" => Position::ALL
            .iter()
            .map(|position| position.zh().to_owned())
            .collect(),
        "召集人" => vec!["是".to_owned(), "否".to_owned()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use domain::roster::header;
    use domain::table::Cell;

    use super::*;

    #[actix_web::test]
    async fn the_template_is_a_roster_that_names_nobody() {
        let names = |name: &str| vec![name.to_owned()];
        let choices = Choices {
            sectors: names("经济界"),
            groups: names("第一活动组"),
            special_committees: names("提案委员会"),
        };
        let file = make(&choices).unwrap();

        let table = crate::spreadsheet::read(file).await.unwrap();

        assert!(table.warnings.is_empty(), "{:?}", table.warnings);
        assert_eq!(table.rows.len(), 1);
        assert!(header(&table.rows[0].1).is_ok());
        assert_eq!(table.rows[0].1[0], Cell::Text("姓名*".to_owned()));
    }
}
