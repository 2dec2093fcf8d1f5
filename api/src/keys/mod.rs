//! The keys that seal fields: which of them is still needed, and sealing anew what older ones sealed.
//!
//! How sealing is done is in [`crate::crypto`]; in which order keys come and go is in
//! docs/runbook.md.

mod needed;
mod rewrap;

pub use needed::{Needed, needed};
pub use rewrap::{Rewrapped, rewrap};

/// A column of sealed values.
#[derive(Debug)]
struct Sealed {
    table: &'static str,
    /// What finds a row, the committee first.
    key: &'static [&'static str],
    column: &'static str,
    zh: &'static str,
}

/// Every sealed column; tests/it/keys.rs holds the list against the tables.
const SEALED: [Sealed; 6] = [
    Sealed {
        table: "committee",
        key: &["id"],
        column: "code_secret",
        zh: "签到码密钥",
    },
    Sealed {
        table: "member",
        key: &["committee_id", "id"],
        column: "phone_cipher",
        zh: "委员手机号",
    },
    Sealed {
        table: "member",
        key: &["committee_id", "id"],
        column: "born_on_cipher",
        zh: "委员出生日期",
    },
    Sealed {
        table: "account",
        key: &["committee_id", "id"],
        column: "totp_cipher",
        zh: "动态口令密钥",
    },
    Sealed {
        table: "idempotency",
        key: &["committee_id", "id"],
        column: "body",
        zh: "一天内的请求应答",
    },
    Sealed {
        table: "link_token",
        key: &["committee_id", "id"],
        column: "code_cipher",
        zh: "关联二维码",
    },
];

/// The tables and columns that hold sealed values.
pub fn sealed_columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    SEALED.iter().map(|sealed| (sealed.table, sealed.column))
}

impl Sealed {
    /// The id of the key in front of a value, two hexadecimal digits, as either engine computes it.
    fn key_in_front(&self, engine: sea_orm::DatabaseBackend) -> String {
        let column = self.column;
        match engine {
            sea_orm::DatabaseBackend::Sqlite => format!("lower(hex(substr({column}, 1, 1)))"),
            _ => format!("encode(substring({column} from 1 for 1), 'hex')"),
        }
    }

    /// Whether there is a value: the service's own committee has none.
    fn is_there(&self) -> String {
        format!("{0} IS NOT NULL AND length({0}) > 0", self.column)
    }
}
