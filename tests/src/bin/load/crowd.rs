//! Who asks, and what: the text of each request, by its number.

use std::io::Write as _;

use anyhow::Result;
use api::app::App;
use domain::checkin::{CodeKey, Slot, code};
use domain::ids::ActivityId;
use tests::nation::{Nation, Place};

use tests::stage::Act;

/// Those who ask.
pub enum Crowd {
    /// Everybody who was invited to one activity checks in.
    Activity(Act),
    /// Everybody of a nation checks in at his own committee's activity, a member of each committee
    /// in turn: neighbours in time are strangers to each other.
    Nation(Nation),
    /// Members of one committee read the same thing, one after the other and again.
    Readers {
        /// Who they are.
        act: Act,
        /// What they read.
        path: String,
    },
}

impl Crowd {
    /// How many can ask; nobody checks in twice.
    pub fn most(&self) -> usize {
        match self {
            Self::Activity(act) => act.crowd.len(),
            Self::Nation(nation) => nation.committees as usize * nation.members as usize,
            Self::Readers { .. } => usize::MAX,
        }
    }

    /// The status of a good answer.
    pub fn good(&self) -> u16 {
        match self {
            Self::Activity(_) | Self::Nation(_) => 201,
            Self::Readers { .. } => 200,
        }
    }

    /// Writes a request as it is sent.
    pub fn request(
        &self,
        app: &App,
        host: &str,
        number: usize,
        request: &mut Vec<u8>,
    ) -> Result<()> {
        request.clear();
        match self {
            Self::Activity(act) => {
                let token = act.token(app, number)?;
                let (activity, key) = (act.activity, act.keys.current());
                check_in(app, host, number, &token, activity, key, request)
            }
            Self::Nation(nation) => {
                let committees = nation.committees as usize;
                let place = Place(u32::try_from(number % committees)?);
                let token = place.member_token(app, u32::try_from(number / committees)?)?;
                let activity = place.activity(0);
                let key = place.code_key();
                check_in(app, host, number, &token, activity, &key, request)
            }
            Self::Readers { act, path } => {
                let token = act.token(app, number % act.crowd.len())?;
                write!(
                    request,
                    "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
                )?;
                Ok(())
            }
        }
    }
}

fn check_in(
    app: &App,
    host: &str,
    number: usize,
    token: &str,
    activity: ActivityId,
    key: &CodeKey,
    request: &mut Vec<u8>,
) -> Result<()> {
    let slot = Slot::at(app.clock.now());
    let code = code(key, activity, slot);
    let body = format!(
        r#"{{"code":"{code}","slot":{},"client_id":"phone-{number}"}}"#,
        slot.0
    );
    write!(
        request,
        "POST /api/v1/activities/{activity}/check-ins HTTP/1.1\r\nHost: {host}\r\n\
         Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len(),
    )?;
    Ok(())
}
