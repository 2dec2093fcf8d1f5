//! Rows as clerks really send them, and what becomes of each.

use super::*;

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn full_header() -> Header {
    header(
        &COLUMNS
            .iter()
            .map(|column| text(column.header))
            .collect::<Vec<_>>(),
    )
    .unwrap()
}

/// Alice's row, complete, with one cell put in place of hers.
fn row_with(column: &str, cell: Cell) -> Result<RosterRow, Vec<CellError>> {
    let mut cells = [
        "张三",
        "10000138000",
        "教育界",
        "第一组",
        "常委",
        "是",
        "提案委",
        "第一中学",
        "2022-01-10",
        "1948-02-29",
        "连任",
    ]
    .map(text);
    if let Some(index) = COLUMNS.iter().position(|known| known.header == column) {
        cells[index] = cell;
    }
    row(&full_header(), &cells)
}

fn refusal(column: &str, cell: Cell) -> &'static str {
    match row_with(column, cell).unwrap_err().as_slice() {
        [error] => {
            assert_eq!(error.column, column);
            assert!(error.reason.chars().count() > 4);
            error.code
        }
        errors => panic!("one error expected: {errors:?}"),
    }
}

#[test]
fn a_full_row_is_read_as_it_stands() {
    let expected = RosterRow {
        name: "张三".to_owned(),
        phone: Phone::parse("10000138000").unwrap(),
        sector: "教育界".to_owned(),
        group: "第一组".to_owned(),
        position: Position::StandingMember,
        convener: true,
        special_committee: Some("提案委".to_owned()),
        employer: Some("第一中学".to_owned()),
        joined_on: NaiveDate::from_ymd_opt(2022, 1, 10),
        born_on: NaiveDate::from_ymd_opt(1948, 2, 29),
        remark: Some("连任".to_owned()),
    };
    assert_eq!(row_with("", Cell::Empty), Ok(expected));
}

#[test]
fn four_columns_are_enough_and_their_order_is_free() {
    let header = header(&["手机号", "活动组", "姓名*", " 界别 * "].map(text)).unwrap();
    let cells = [
        Cell::Number(10_000_138_000.0),
        text("第一组 "),
        text("\u{3000}李  明"),
        text("经济界"),
    ];

    let row = row(&header, &cells).unwrap();
    assert_eq!(
        (row.name.as_str(), row.phone.as_str()),
        ("李明", "10000138000")
    );
    assert_eq!(
        (row.sector.as_str(), row.group.as_str()),
        ("经济界", "第一组")
    );
    assert_eq!((row.position, row.convener), (Position::Member, false));
    assert_eq!(
        (row.special_committee, row.joined_on, row.remark),
        (None, None, None)
    );
}

#[test]
fn every_error_of_a_row_is_reported_at_once() {
    let errors = row(&full_header(), &[text(" "), Cell::Formula]).unwrap_err();
    let found: Vec<_> = errors
        .iter()
        .map(|error| (error.column, error.code))
        .collect();
    let expected = [
        ("姓名", "required"),
        ("手机号", "formula_cell"),
        ("界别", "required"),
        ("活动组", "required"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn cells_that_would_have_to_be_guessed_are_refused() {
    for column in COLUMNS.iter().map(|column| column.header) {
        assert_eq!(refusal(column, Cell::Merged), "merged_cell");
        assert_eq!(refusal(column, Cell::Formula), "formula_cell");
        assert_eq!(refusal(column, Cell::Bool(true)), "boolean_cell");
        assert_eq!(refusal(column, Cell::Error), "error_cell");
    }
    let table = [
        ("姓名", Cell::Number(7.0), "number_not_text"),
        ("活动组", Cell::Number(1.0), "number_not_text"),
        ("界别", Cell::Date(NaiveDate::default()), "date_not_text"),
        ("召集人", Cell::Number(1.0), "number_not_text"),
        ("手机号", Cell::Date(NaiveDate::default()), "date_not_text"),
        ("加入日期", Cell::Number(44571.0), "date_format"),
    ];
    for (column, cell, code) in table {
        assert_eq!(refusal(column, cell), code);
    }
}

#[test]
fn a_phone_stored_as_a_number_must_be_eleven_exact_digits() {
    let wrong = [
        1_000_013_800.0,
        100_001_380_001.0,
        10_000_138_000.5,
        -10_000_138_000.0,
        0.0,
        1e30,
        f64::NAN,
        f64::INFINITY,
        8_610_000_138_000.0,
    ];
    for number in wrong {
        assert_eq!(
            refusal("手机号", Cell::Number(number)),
            "phone_number_format",
            "{number}"
        );
    }
    for written in ["1.00001E+10", "1.0000138E10", "10000138000.0"] {
        assert_eq!(
            refusal("手机号", text(written)),
            "phone_number_format",
            "{written}"
        );
    }
    assert_eq!(
        refusal("手机号", Cell::Number(31_912_345_678.0)),
        "phone_not_mobile"
    );
}

#[test]
fn a_phone_may_be_written_in_any_usual_way() {
    for written in [
        "+86 100-0013-8000",
        "１００００１３８０００",
        "008610000138000",
    ] {
        let row = row_with("手机号", text(written)).unwrap();
        assert_eq!(row.phone.as_str(), "10000138000");
    }
}

#[test]
fn wrong_texts_name_their_error() {
    let table = [
        ("姓名", "张\u{202e}三", "name_invalid_char"),
        ("姓名", "张三😀", "name_invalid_char"),
        ("手机号", "1000013800", "phone_length"),
        ("手机号", "20000138000", "phone_not_mobile"),
        ("手机号", "1000013800O", "phone_invalid_char"),
        ("界别", "教育\n界", "text_invalid_char"),
        ("职务", "主席", "position_unknown"),
        ("召集人", "Y", "yes_or_no"),
        ("加入日期", "2022-1-10", "date_format"),
        ("加入日期", "2022/01/10", "date_format"),
        ("加入日期", "2024-02-30", "date_format"),
        ("加入日期", "12022-01-10", "date_format"),
        ("加入日期", "+022-01-10", "date_format"),
        ("加入日期", "1022-01-10", "date_out_of_range"),
        ("出生日期", "1968年5月", "date_format"),
        ("出生日期", "1899-12-31", "date_out_of_range"),
        ("备注", "一\u{200b}二", "text_invalid_char"),
    ];
    for (column, written, code) in table {
        assert_eq!(refusal(column, text(written)), code, "{written}");
    }
    assert_eq!(refusal("姓名", text(&"张".repeat(51))), "name_too_long");
    assert_eq!(
        refusal("工作单位", text(&"厂".repeat(101))),
        "text_too_long"
    );
}

#[test]
fn dates_come_as_dates_or_as_plain_text() {
    let joined_on = |cell| row_with("加入日期", cell).unwrap().joined_on;
    let expected = NaiveDate::from_ymd_opt(2024, 2, 29);
    assert_eq!(joined_on(Cell::Date(expected.unwrap())), expected);
    assert_eq!(joined_on(text(" ２０２４－０２－２９ ")), expected);
}

#[test]
fn a_remark_may_have_lines() {
    let remark = row_with("备注", text("一\r\n二\n")).unwrap().remark;
    assert_eq!(remark.as_deref(), Some("一\n二"));
}

#[test]
fn a_cell_outside_every_heading_is_not_overlooked() {
    let header = header(&["姓名", "手机号", "界别", "活动组"].map(text)).unwrap();
    let mut cells = ["张三", "10000138000", "教育界", "第一组", " "]
        .map(text)
        .to_vec();
    assert!(row(&header, &cells).is_ok());

    cells.push(text("常委"));
    let errors = row(&header, &cells).unwrap_err();
    assert_eq!((errors[0].column, errors[0].code), ("", "no_heading"));
    assert!(errors[0].reason.contains("第 6 列"));
}

#[test]
fn the_second_phone_names_the_row_of_the_first() {
    let alice = row_with("", Cell::Empty).unwrap();
    let namesake = row_with("手机号", text("10000138001")).unwrap();
    let rows = [
        (2, alice.clone()),
        (3, namesake),
        (4, alice.clone()),
        (7, alice),
    ];

    let errors = duplicates(&rows);
    let found: Vec<_> = errors
        .iter()
        .map(|(row, error)| (*row, error.code))
        .collect();
    assert_eq!(found, [(4, "phone_duplicate"), (7, "phone_duplicate")]);
    assert!(
        errors
            .iter()
            .all(|(_, error)| error.reason.contains("第 2 行"))
    );
}

#[test]
fn no_error_shows_a_phone_number() {
    let rows = [2, 3].map(|number| (number, row_with("", Cell::Empty).unwrap()));
    let mut reasons: Vec<_> = duplicates(&rows)
        .into_iter()
        .map(|(_, error)| error.reason)
        .collect();
    for cell in [
        text("100001380001"),
        text("+1 10000138000"),
        Cell::Number(100_001_380_001.0),
    ] {
        let errors = row_with("手机号", cell).unwrap_err();
        reasons.extend(errors.into_iter().map(|error| error.reason));
    }
    assert!(
        reasons.iter().all(|reason| !reason.contains("138000")),
        "{reasons:?}"
    );
}
