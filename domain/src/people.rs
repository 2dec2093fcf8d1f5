//! Words about people: positions, seats, the roles seats give, and age bands.

use chrono::NaiveDate;

words! {
    /// The position of a member in the committee; it matters to scoring.
    Position {
        Member = "member" "委员";
        StandingMember = "standing_member" "常委";
        LeadingMember = "leading_member" "主席会议成员";
    }

    /// Whether a member still holds the seat of a member.
    MemberStatus {
        Active = "active" "在任";
        Left = "left" "已离任";
    }

    /// A dated role that a person holds beside being a member.
    SeatKind {
        Convener = "convener" "召集人";
        Staff = "staff" "专委会工作人员";
        Office = "office" "办公室";
        Leader = "leader" "主席会议";
        Auditor = "auditor" "监督";
        Admin = "admin" "系统管理员";
    }

    /// How old a member is in a table of the office, in full years.
    AgeBand {
        Under36 = "under_36" "35岁及以下";
        From36 = "36_to_45" "36—45岁";
        From46 = "46_to_55" "46—55岁";
        From56 = "56_to_65" "56—65岁";
        Over65 = "over_65" "66岁及以上";
    }

    /// How an account signs in.
    AccountKind {
        WeChat = "wechat" "微信";
        Password = "password" "账号密码";
    }

    /// Where a binding request that the office must decide stands.
    BindingState {
        Pending = "pending" "待处理";
        Approved = "approved" "已同意";
        Refused = "refused" "已拒绝";
    }
}

impl AgeBand {
    /// The band of who was born on a day, on another day; none before his birth. A year is full on
    /// the birthday; of who was born on 29 February on 1 March where there is no such day.
    pub fn of(born_on: NaiveDate, on: NaiveDate) -> Option<Self> {
        Some(match on.years_since(born_on)? {
            0..=35 => Self::Under36,
            36..=45 => Self::From36,
            46..=55 => Self::From46,
            56..=65 => Self::From56,
            _ => Self::Over65,
        })
    }
}

/// What is said where [`plausible_birth`] says no.
pub const IMPLAUSIBLE_BIRTH: &str = "出生日期应使委员年满 18 岁、不超过 110 岁";

/// Whether somebody born on this day can be a member on another: of full age, and not older than
/// anybody is.
pub fn plausible_birth(born_on: NaiveDate, on: NaiveDate) -> bool {
    on.years_since(born_on)
        .is_some_and(|years| (18..=110).contains(&years))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_band_begins_on_the_birthday() {
        let of = |born, on| AgeBand::of(day(born), day(on)).map(AgeBand::as_str);

        let table = [
            ("1990-12-31", "2026-12-30", Some("under_36")),
            ("1990-12-31", "2026-12-31", Some("36_to_45")),
            ("1980-06-01", "2026-05-31", Some("36_to_45")),
            ("1980-06-01", "2026-06-01", Some("46_to_55")),
            ("1970-06-01", "2026-06-01", Some("56_to_65")),
            ("1960-06-01", "2026-05-31", Some("56_to_65")),
            ("1960-06-01", "2026-06-01", Some("over_65")),
            ("1960-02-29", "2026-02-28", Some("56_to_65")),
            ("1960-02-29", "2026-03-01", Some("over_65")),
            ("2026-06-01", "2026-05-31", None),
        ];
        for (born, on, band) in table {
            assert_eq!(of(born, on), band, "{born} on {on}");
        }
    }

    #[test]
    fn a_member_is_of_full_age() {
        let plausible = |born, on| plausible_birth(day(born), day(on));

        assert!(!plausible("2008-11-24", "2026-11-23"));
        assert!(plausible("2008-11-23", "2026-11-23"));
        assert!(plausible("1916-01-01", "2026-11-23"));
        assert!(!plausible("1915-11-23", "2026-11-23"));
        assert!(!plausible("2027-01-01", "2026-11-23"));
    }
}
