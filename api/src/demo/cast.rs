//! Made-up people: names drawn from common characters, phone numbers that can belong to nobody.
//!
//! Chinese mobile numbers begin with 13 to 19. Ours begin with 100, which no network assigns, so a
//! number of ours can never ring a stranger (ADR 0006).

/// A made-up member.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Member {
    /// What the simulator calls his phone, such as `m001`.
    pub key: String,
    /// His name.
    pub name: String,
    /// His phone number.
    pub phone: String,
    /// From 0.
    pub group: usize,
    /// From 0.
    pub sector: usize,
    /// As in the roster file.
    pub position: String,
    /// As in the roster file.
    pub born_on: String,
    /// Whether he is one of the conveners of his group.
    pub convener: bool,
}

/// The sectors of the demo.
pub const SECTORS: [&str; 10] = [
    "中共",
    "民主党派",
    "工商联",
    "共青团和青联",
    "妇联",
    "科学技术",
    "经济",
    "农业",
    "教育",
    "医药卫生",
];

const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧";
const GIVEN: &str = "伟芳娜敏静丽强磊军洋勇艳杰涛明超霞平刚桂英华玉兰春梅建国志文秀云海燕晓东";

/// `count` members over `groups` groups, the same each time: 1 in 12 is a standing member, 1 in 30
/// a leading member, the first two of each group are its conveners.
pub fn members(count: usize, groups: usize) -> Vec<Member> {
    let surnames: Vec<char> = SURNAMES.chars().collect();
    let given: Vec<char> = GIVEN.chars().collect();
    (0..count)
        .map(|index| {
            // Steps without a common factor with the lists' lengths walk through all of them.
            let one = given[(index * 7 + index / 40) % given.len()];
            let other = given[(index * 11 + 5) % given.len()];
            let mut name = String::from(surnames[index % surnames.len()]);
            name.push(one);
            if index % 5 != 0 {
                name.push(other);
            }
            let position = match index {
                _ if index % 30 == 17 => "主席会议成员",
                _ if index % 12 == 3 => "常委",
                _ => "委员",
            };
            Member {
                key: format!("m{:03}", index + 1),
                name,
                phone: format!("100{:08}", 10_000 + index * 37),
                group: index % groups,
                sector: (index / groups) % SECTORS.len(),
                position: position.to_owned(),
                born_on: format!(
                    "{}-{:02}-{:02}",
                    1950 + index * 17 % 45,
                    1 + index % 12,
                    1 + index % 28
                ),
                convener: index / groups < 2,
            }
        })
        .collect()
}

/// The roster as the office would upload it.
pub fn roster_xlsx(members: &[Member], groups: &[String]) -> anyhow::Result<Vec<u8>> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, header) in (0..).zip([
        "姓名",
        "手机号",
        "界别",
        "活动组",
        "职务",
        "召集人",
        "出生日期",
    ]) {
        sheet.write_string(0, column, header)?;
    }
    for (row, member) in (1..).zip(members) {
        let convener = if member.convener { "是" } else { "否" };
        let cells = [
            &member.name,
            &member.phone,
            SECTORS[member.sector],
            &groups[member.group],
            &member.position,
            convener,
            &member.born_on,
        ];
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell)?;
        }
    }
    Ok(book.save_to_buffer()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_cast_has_190_different_phones_that_no_network_assigns() {
        let cast = members(190, 5);
        let phones: HashSet<_> = cast.iter().map(|member| member.phone.as_str()).collect();

        assert_eq!(phones.len(), 190);
        assert!(
            phones
                .iter()
                .all(|phone| phone.len() == 11 && phone.starts_with("100"))
        );
        assert_eq!(cast.iter().filter(|member| member.convener).count(), 10);
        assert!(
            (0..5).all(|group| cast.iter().filter(|member| member.group == group).count() == 38)
        );
        assert_eq!(
            cast.iter()
                .map(|member| member.sector)
                .collect::<HashSet<_>>()
                .len(),
            10
        );
    }
}
