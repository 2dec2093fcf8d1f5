//! The rotating code of an activity as the venue's screen shows it.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use domain::activity::ActivityStatus;
use domain::checkin::{CodeKey, CodeKeys, Slot, code};
use domain::ids::ActivityId;
use entity::{activity, committee};
use fast_qr::{QRBuilder, QRCode};
use sea_orm::EntityTrait;

use super::refusal::moment;
use crate::access::{On, op};
use crate::app::App;
use crate::db::found;
use crate::error::{ApiError, Code, Result};

/// The digit with which every code begins: a committee has one secret, and no second one yet.
const KEY_ID: u8 = 1;
/// The screen shows codes this long before check-in opens, so that it can be set up in peace.
const BEFORE: TimeDelta = TimeDelta::minutes(30);
/// How long after the end of an activity members may check out.
pub const CHECK_OUT: TimeDelta = TimeDelta::hours(2);

/// The code of one slot.
#[derive(Clone, Debug)]
pub struct ShownCode {
    /// Eight digits.
    pub code: String,
    /// The slot it proves.
    pub slot: Slot,
    /// What the picture says.
    pub qr_payload: String,
}

/// The keys with which the codes of a committee are made.
pub fn keys(app: &App, committee: &committee::Model) -> Result<CodeKeys> {
    let secret = app.vault.open(&committee.code_secret)?;
    let secret = secret
        .try_into()
        .map_err(|_| broken("the secret has not 32 bytes"))?;
    CodeKeys::new(vec![CodeKey { id: KEY_ID, secret }]).map_err(ApiError::internal)
}

/// The code that the screen of this activity shows now.
///
/// Codes are shown beyond the end of check-in, because checking out needs one as well.
pub async fn show(app: &App, on: &On<op::CodeShow, activity::Model>) -> Result<ShownCode> {
    let now = app.clock.now();
    let activity = &on.row;
    if !activity.status.open() {
        return Err(not_open(activity.status));
    }
    let [from, until] = [
        activity.opens_at - BEFORE,
        activity.closes_at.max(activity.ends_at + CHECK_OUT),
    ];
    if now < from {
        return Err(ApiError::with(
            Code::CheckinNotOpen,
            format!("签到码于{}开始显示", moment(from)),
        ));
    }
    if until <= now {
        return Err(ApiError::with(
            Code::CheckinNotOpen,
            format!("签到码已于{}停止显示", moment(until)),
        ));
    }
    let committee = found(
        committee::Entity::find_by_id(on.committee())
            .one(app.db.read())
            .await?,
    )?;
    Ok(code_at(&keys(app, &committee)?, activity.id, now))
}

/// Why nobody checks in to or out of an activity that is not open.
pub fn not_open(status: ActivityStatus) -> ApiError {
    use ActivityStatus as S;
    let detail = match status {
        S::Draft | S::Submitted | S::Returned | S::Approved => "活动尚未发布",
        S::Cancelled => "活动已取消",
        S::Published | S::Running | S::Closed => "活动已结束，如确已到场可申请补签",
    };
    ApiError::with(Code::CheckinNotOpen, detail)
}

fn code_at(keys: &CodeKeys, activity: ActivityId, now: DateTime<Utc>) -> ShownCode {
    let slot = Slot::at(now);
    let code = code(keys.current(), activity, slot);
    let qr_payload = format!("xd1:{activity}:{}:{code}", slot.0);
    ShownCode {
        code,
        slot,
        qr_payload,
    }
}

/// A QR code as an SVG of one path, with the quiet zone of four modules that the standard
/// (ISO/IEC 18004 §5.3.8) asks for.
pub fn picture(payload: &str) -> Result<String> {
    let qr = QRBuilder::new(payload)
        .build()
        .map_err(|error| broken(&error.to_string()))?;
    let side = qr.size + 8;
    let path = path(&qr);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}

/// One rectangle for each run of dark modules.
fn path(qr: &QRCode) -> String {
    let mut path = String::new();
    for y in 0..qr.size {
        let mut x = 0;
        for run in qr[y].chunk_by(|a, b| a.value() == b.value()) {
            let width = run.len();
            if run[0].value() {
                write!(path, "M{} {}h{width}v1h-{width}z", x + 4, y + 4)
                    .expect("writing to a string does not fail");
            }
            x += width;
        }
    }
    path
}

fn broken(why: &str) -> ApiError {
    ApiError::internal(anyhow::anyhow!("check-in code: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_says_what_the_phone_sends() {
        let keys = CodeKeys::new(vec![CodeKey {
            id: KEY_ID,
            secret: [7; 32],
        }])
        .unwrap();
        let activity = "01920000-0000-7000-8000-000000000001".parse().unwrap();

        let shown = code_at(&keys, activity, DateTime::from_timestamp(61, 0).unwrap());

        assert_eq!(shown.qr_payload, format!("xd1:{activity}:2:{}", shown.code));
        assert_eq!((shown.code.len(), &shown.code[..1]), (8, "1"));
    }

    #[test]
    fn the_picture_is_one_square_with_a_quiet_border() {
        let svg = picture("xd1:01920000-0000-7000-8000-000000000001:59837160:10012345").unwrap();

        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
        // The finder in the corner: seven dark modules, four modules in from the edge.
        assert!(svg.contains("M4 4h7v1h-7z"), "{svg}");
    }
}
