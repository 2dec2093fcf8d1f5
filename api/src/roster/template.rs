//! The empty roster file that the office fills in.

use domain::people::Position;
use domain::roster::COLUMNS;
use rust_xlsxwriter::{
    DataValidation, Format, FormatBorder, Formula, Note, Workbook, Worksheet, XlsxError,
};

use super::reader::MAX_ROWS;

/// The sheet that explains the columns; the reader does not wonder about it.
pub(super) const GUIDE: &str = "填写说明";
/// The hidden sheet that holds what can be chosen from.
const CHOICES: &str = "选项";

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
    let text = Format::new().set_num_format("@");
    let header = Format::new()
        .set_bold()
        .set_border(FormatBorder::Thin)
        .set_background_color(0x00DD_EBF7);
    let mut sheet = Worksheet::new();
    let mut guide = Worksheet::new();
    let mut lists = Worksheet::new();
    sheet.set_name("名册")?.set_freeze_panes(1, 0)?;
    guide
        .set_name(GUIDE)?
        .set_column_width(0, 12)?
        .set_column_width(1, 8)?
        .set_column_width(2, 60)?;
    lists.set_name(CHOICES)?.set_hidden(true);
    for (column, heading) in ["栏目", "必填", "说明"].into_iter().enumerate() {
        guide.write_string_with_format(0, index(column), heading, &header)?;
    }
    for (place, column) in COLUMNS.iter().enumerate() {
        let at = index(place);
        let heading = if column.required {
            format!("{}*", column.header)
        } else {
            column.header.to_owned()
        };
        // Text everywhere: a spreadsheet that takes a phone for a number loses digits of it.
        sheet
            .set_column_format(at, &text)?
            .set_column_width(at, 16)?;
        sheet.write_string_with_format(0, at, heading, &header)?;
        sheet.insert_note(0, at, &Note::new(column.help).add_author_prefix(false))?;
        let row = u32::from(at) + 1;
        guide.write_string(row, 0, column.header)?;
        guide.write_string(row, 1, if column.required { "是" } else { "否" })?;
        guide.write_string(row, 2, column.help)?;
        let chosen_from = chosen_from(column.header, choices);
        for (row, choice) in (0..).zip(&chosen_from) {
            lists.write_string(row, at, choice)?;
        }
        if !chosen_from.is_empty() {
            // The names stand in a sheet of their own: a list inside the rule ends at 255 characters.
            let letter = char::from(b'A' + u8::try_from(place).unwrap_or(0));
            let formula = format!("={CHOICES}!${letter}$1:${letter}${}", chosen_from.len());
            let list = DataValidation::new()
                .allow_list_formula(Formula::new(formula))
                .set_error_title("请从列表中选择")?;
            sheet.add_data_validation(1, at, MAX_ROWS - 1, at, &list)?;
        }
    }
    let mut book = Workbook::new();
    for sheet in [sheet, guide, lists] {
        book.push_worksheet(sheet);
    }
    book.save_to_buffer()
}

fn index(place: usize) -> u16 {
    u16::try_from(place).expect("the roster has ten columns")
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
    use domain::roster::{Cell, header};

    use super::*;

    #[test]
    fn the_template_is_a_roster_that_names_nobody() {
        let names = |name: &str| vec![name.to_owned()];
        let choices = Choices {
            sectors: names("经济界"),
            groups: names("第一活动组"),
            special_committees: names("提案委员会"),
        };
        let file = make(&choices).unwrap();

        let table = super::super::workbook::read(&file).unwrap();

        assert!(table.warnings.is_empty(), "{:?}", table.warnings);
        assert_eq!(table.rows.len(), 1);
        assert!(header(&table.rows[0].1).is_ok());
        assert_eq!(table.rows[0].1[0], Cell::Text("姓名*".to_owned()));
    }
}
