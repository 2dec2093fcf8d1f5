//! What a member reads when an attempt at the door is not admitted.

use chrono::{DateTime, Utc};
use domain::checkin::Refusal;
use domain::time::local;

use crate::error::{ApiError, Code};

/// At which door somebody stands.
#[derive(Clone, Copy, Debug)]
pub enum Door {
    /// Coming.
    In,
    /// Going.
    Out,
}

impl Door {
    const fn zh(self) -> &'static str {
        match self {
            Self::In => "签到",
            Self::Out => "签退",
        }
    }
}

/// The problem that tells of `refusal`, with times as Shanghai's clocks show them.
pub fn explain(door: Door, refusal: Refusal) -> ApiError {
    let act = door.zh();
    match refusal {
        Refusal::TooEarly { opens_at } => ApiError::with(
            Code::CheckinTooEarly,
            format!("{act}于{}开始", moment(opens_at)),
        ),
        Refusal::TooLate { closes_at } => ApiError::with(
            Code::CheckinTooLate,
            format!("{act}已于{}结束，如确已到场可申请补签", moment(closes_at)),
        ),
        Refusal::WrongCode => {
            ApiError::with(Code::CodeInvalid, "签到码不正确，请输入屏幕上的 8 位数字")
        }
        Refusal::CodeExpired { slot } => {
            let shown = local(slot.valid_from()).format("%H:%M:%S");
            ApiError::with(
                Code::CodeExpired,
                format!("该签到码是 {shown} 显示的，已失效，请输入屏幕上的最新签到码"),
            )
        }
        Refusal::OfflineTooOld { limit } => ApiError::with(
            Code::OfflineTooOld,
            format!(
                "离线{act}应在{}之前上传，如确已到场可申请补签",
                moment(limit)
            ),
        ),
        Refusal::CodeFromFuture => {
            ApiError::with(Code::CodeFromFuture, "签到码的时间晚于现在，请检查手机时间")
        }
        Refusal::LocationMissing => ApiError::with(
            Code::LocationRequired,
            "本活动签到需要位置信息，请允许定位，或请召集人点名",
        ),
        Refusal::LocationInvalid => ApiError::new(Code::LocationInvalid),
        Refusal::TooFar {
            distance_m,
            radius_m,
        } => ApiError::with(
            Code::LocationTooFar,
            format!(
                "您距活动地点约 {distance_m:.0} 米，须在 {radius_m:.0} 米以内，如确已到场请召集人点名"
            ),
        ),
    }
}

/// Such as `11月27日 08:30`.
pub fn moment(at: DateTime<Utc>) -> String {
    local(at).format("%-m月%-d日 %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_reads_the_time_of_the_hall() {
        let opens_at = "2026-11-27T00:30:00Z".parse().unwrap();
        let problem = explain(Door::In, Refusal::TooEarly { opens_at });
        assert_eq!(
            (problem.code, problem.detail.as_ref()),
            (Code::CheckinTooEarly, "签到于11月27日 08:30开始")
        );
    }

    #[test]
    fn a_distance_is_told_in_whole_metres() {
        let problem = explain(
            Door::In,
            Refusal::TooFar {
                distance_m: 1234.56,
                radius_m: 200.0,
            },
        );
        assert!(
            problem
                .detail
                .starts_with("您距活动地点约 1235 米，须在 200 米以内"),
            "{}",
            problem.detail
        );
    }
}
