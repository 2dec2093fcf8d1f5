//! The same moves over HTTP, as JSON below `/sim`: for the demo, for scripts and for `curl`.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, Path, Query, ServiceConfig};
use actix_web::{HttpResponse, ResponseError, delete, get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::fault::Fault;
use super::handle::Handle;
use super::people::PersonSpec;
use super::push::PushHabits;
use super::settings::Settings;
use super::state::{Unknown, World};
use super::verify::NotVerified;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(list_apps)
        .service(list_people)
        .service(add_person)
        .service(show_notices)
        .service(show_chat)
        .service(show_phone)
        .service(act)
        .service(calls)
        .service(deliveries)
        .service(credits)
        .service(tokens)
        .service(revoke_tokens)
        .service(read_settings)
        .service(change_settings)
        .service(set_quota)
        .service(set_whitelist)
        .service(set_pages)
        .service(set_open_platform)
        .service(verify_callback)
        .service(list_faults)
        .service(add_fault)
        .service(clear_faults)
        .service(move_clock)
        .service(set_callback)
        .service(set_push_habits)
        .service(pushes)
        .default_service(web::to(nothing_here));
}

/// Why a move was not made.
#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error("the simulator has no such page")]
    Page,
    #[error(transparent)]
    Unknown(#[from] Unknown),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("the body cannot be read: {0}")]
    Body(#[from] serde_json::Error),
    #[error(transparent)]
    NotVerified(#[from] NotVerified),
}

impl ResponseError for Wrong {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Page | Self::Unknown(_) | Self::NotVerified(NotVerified::Unknown(_)) => {
                StatusCode::NOT_FOUND
            }
            Self::NotVerified(_) => StatusCode::BAD_GATEWAY,
            Self::Missing(_) | Self::Body(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).json(json!({ "error": self.to_string() }))
    }
}

type Answer = Result<HttpResponse, Wrong>;

/// Reads a body whatever its content type, so that a bare `curl -d` will do.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Wrong> {
    Ok(serde_json::from_slice(body)?)
}

fn nothing_to_say() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

async fn nothing_here() -> Answer {
    Err(Wrong::Page)
}

#[get("/apps")]
async fn list_apps(sim: Data<Handle>) -> HttpResponse {
    let apps: Vec<Value> = sim.with(|world| {
        let apps = world.apps.values();
        apps.map(|app| {
            let spec = &app.spec;
            json!({
                "app_id": spec.app_id,
                "name": spec.name,
                "kind": spec.kind,
                "gh_id": spec.gh_id,
                "callback_url": spec.callback_url,
                "callback_mode": spec.callback_mode,
                "push_format": spec.push_format,
                "ip_whitelist": spec.ip_whitelist,
                "templates": spec.templates,
            })
        })
        .collect()
    });
    HttpResponse::Ok().json(apps)
}

#[get("/people")]
async fn list_people(sim: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(sim.people())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    key: String,
    phone: String,
}

#[post("/people")]
async fn add_person(sim: Data<Handle>, body: Bytes) -> Answer {
    let NewPerson { key, phone } = read(&body)?;
    sim.add_person(PersonSpec {
        key: &key,
        phone: &phone,
    });
    Ok(HttpResponse::Created().json(sim.with(|world| world.person_view(&key))?))
}

#[get("/phones/{person}/chats/{app_id}")]
async fn show_chat(sim: Data<Handle>, path: Path<(String, String)>) -> Answer {
    let (person, app_id) = path.into_inner();
    sim.with(|world| world.tie(&app_id, &person).map(|_| ()))?;
    Ok(HttpResponse::Ok().json(sim.chat(&app_id, &person)))
}

#[get("/phones/{person}/notices")]
async fn show_notices(sim: Data<Handle>, person: Path<String>) -> Answer {
    sim.with(|world| world.person_view(&person))?;
    Ok(HttpResponse::Ok().json(sim.notices(&person)))
}

#[get("/phones/{person}")]
async fn show_phone(sim: Data<Handle>, person: Path<String>) -> Answer {
    sim.with(|world| world.person_view(&person))?;
    Ok(HttpResponse::Ok().json(sim.phone(&person)))
}

/// The parameters of what a person does; each deed takes those it needs.
#[derive(Deserialize)]
struct Deed {
    app_id: Option<String>,
    template_id: Option<String>,
    count: Option<u32>,
    text: Option<String>,
}

#[post("/people/{person}/{deed}")]
async fn act(sim: Data<Handle>, path: Path<(String, String)>, deed: Query<Deed>) -> Answer {
    let (person, name) = path.into_inner();
    let in_mini_program = [
        "login-code",
        "phone-code",
        "credit",
        "accept",
        "refuse",
        "withdraw",
    ]
    .contains(&name.as_str());
    let app_id = match deed.app_id.clone() {
        Some(app_id) => app_id,
        None if in_mini_program => sim.with(|world| world.mini_program())?,
        None => return Err(Wrong::Missing("app_id")),
    };
    let text = deed.text.as_deref().unwrap_or_default();
    let block = |world: &mut World, blocked: bool| {
        world.tie(&app_id, &person).map(|tie| tie.blocked = blocked)
    };
    let template_id = || {
        let given = deed.template_id.as_deref();
        given.ok_or(Wrong::Missing("template_id"))
    };
    let code = |code: String| HttpResponse::Ok().json(json!({ "code": code }));
    match name.as_str() {
        "login-code" => return Ok(code(sim.with(|world| world.login_code(&app_id, &person))?)),
        "phone-code" => return Ok(code(sim.with(|world| world.phone_code(&app_id, &person))?)),
        "page-code" => {
            return Ok(code(
                sim.with(|world| world.page_code(&app_id, &person, true))?,
            ));
        }
        "follow" => sim.with(|world| world.follow(&app_id, &person, ""))?,
        "unfollow" => sim.with(|world| world.unfollow(&app_id, &person))?,
        "block" => sim.with(|world| block(world, true))?,
        "unblock" => sim.with(|world| block(world, false))?,
        "scan" => sim.with(|world| world.scan(&app_id, &person, text))?,
        "click" => sim.with(|world| world.click(&app_id, &person, text))?,
        "tap" => sim.with(|world| world.tap(&app_id, &person, text))?,
        "scan-ticket" => sim.with(|world| world.scan_ticket(&person, text))?,
        "enter-chat" => sim.with(|world| world.enter_chat(&app_id, &person))?,
        "accept" | "refuse" => {
            let answers = [(template_id()?.to_owned(), name == "accept")];
            sim.with(|world| world.answer_popup(&app_id, &person, &answers))?;
        }
        "withdraw" => {
            let template_id = template_id()?;
            sim.with(|world| world.withdraw_credit(&app_id, &person, template_id))?;
        }
        "write" => sim.with(|world| world.write(&app_id, &person, text))?,
        "credit" => {
            let template_id = template_id()?;
            let count = deed.count.unwrap_or(1);
            sim.with(|world| world.grant_credit(&person, template_id, count))?;
        }
        _ => return Err(Wrong::Page),
    }
    Ok(nothing_to_say())
}

#[get("/calls")]
async fn calls(sim: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(sim.calls())
}

#[get("/deliveries")]
async fn deliveries(sim: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(sim.all_shown())
}

#[get("/credits")]
async fn credits(sim: Data<Handle>) -> HttpResponse {
    let credits: BTreeMap<String, BTreeMap<String, u32>> = sim
        .people()
        .into_iter()
        .filter(|person| !person.credits.is_empty())
        .map(|person| (person.key, person.credits))
        .collect();
    HttpResponse::Ok().json(credits)
}

#[get("/tokens")]
async fn tokens(sim: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(sim.tokens())
}

#[delete("/tokens/{app_id}")]
async fn revoke_tokens(sim: Data<Handle>, app_id: Path<String>) -> Answer {
    sim.with(|world| world.app(&app_id).map(|_| ()))?;
    sim.revoke_tokens(&app_id);
    Ok(nothing_to_say())
}

#[get("/settings")]
async fn read_settings(sim: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(sim.settings())
}

/// Takes the settings that are given and leaves the others as they are.
#[post("/settings")]
async fn change_settings(sim: Data<Handle>, body: Bytes) -> Answer {
    let given: Value = read(&body)?;
    let mut settings = serde_json::to_value(sim.settings())?;
    merge(&mut settings, given);
    let settings: Settings = serde_json::from_value(settings)?;
    sim.change_settings(|before| *before = settings);
    Ok(HttpResponse::Ok().json(sim.settings()))
}

fn merge(into: &mut Value, given: Value) {
    match (into, given) {
        (Value::Object(into), Value::Object(given)) => {
            for (name, value) in given {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, given) => *into = given,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quota {
    path: String,
    day: u64,
    minute: u64,
}

#[post("/quotas/{app_id}")]
async fn set_quota(sim: Data<Handle>, app_id: Path<String>, body: Bytes) -> Answer {
    let quota: Quota = read(&body)?;
    sim.with(|world| world.app(&app_id).map(|_| ()))?;
    let path = quota.path.trim_start_matches('/');
    sim.set_quota(&app_id, path, quota.day, quota.minute);
    Ok(nothing_to_say())
}

/// A list of addresses, or `null` for anybody.
#[post("/whitelists/{app_id}")]
async fn set_whitelist(sim: Data<Handle>, app_id: Path<String>, body: Bytes) -> Answer {
    let entries: Option<Vec<String>> = read(&body)?;
    sim.with(|world| world.app(&app_id).map(|_| ()))?;
    sim.set_whitelist(&app_id, entries);
    Ok(nothing_to_say())
}

/// The pages a mini-program has published, or `null` for any.
#[post("/pages/{app_id}")]
async fn set_pages(sim: Data<Handle>, app_id: Path<String>, body: Bytes) -> Answer {
    let pages: Option<Vec<String>> = read(&body)?;
    sim.with(|world| world.app(&app_id).map(|_| ()))?;
    sim.set_pages(&app_id, pages);
    Ok(nothing_to_say())
}

/// The name of an Open Platform account, or `null` for none.
#[post("/open-platforms/{app_id}")]
async fn set_open_platform(sim: Data<Handle>, app_id: Path<String>, body: Bytes) -> Answer {
    let platform: Option<String> = read(&body)?;
    sim.with(|world| world.app(&app_id).map(|_| ()))?;
    sim.set_open_platform(&app_id, platform.as_deref());
    Ok(nothing_to_say())
}

#[post("/callbacks/{app_id}/verify")]
async fn verify_callback(sim: Data<Handle>, app_id: Path<String>) -> Answer {
    sim.verify_callback(&app_id).await?;
    Ok(nothing_to_say())
}

#[get("/faults")]
async fn list_faults(sim: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(sim.faults())
}

#[post("/faults")]
async fn add_fault(sim: Data<Handle>, body: Bytes) -> Answer {
    sim.fault(read::<Fault>(&body)?);
    Ok(nothing_to_say())
}

#[delete("/faults")]
async fn clear_faults(sim: Data<Handle>) -> HttpResponse {
    sim.clear_faults();
    nothing_to_say()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    advance_seconds: u64,
}

#[post("/clock")]
async fn move_clock(sim: Data<Handle>, body: Bytes) -> Answer {
    let step: Step = read(&body)?;
    sim.advance(Duration::from_secs(step.advance_seconds));
    Ok(HttpResponse::Ok().json(json!({ "now": sim.now() })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Callback {
    url: Option<String>,
}

#[post("/callbacks/{app_id}")]
async fn set_callback(sim: Data<Handle>, app_id: Path<String>, body: Bytes) -> Answer {
    let callback: Callback = read(&body)?;
    sim.with(|world| world.set_callback(&app_id, callback.url))?;
    Ok(nothing_to_say())
}

#[post("/push-habits")]
async fn set_push_habits(sim: Data<Handle>, body: Bytes) -> Answer {
    sim.set_push_habits(read::<PushHabits>(&body)?);
    Ok(nothing_to_say())
}

#[get("/pushes")]
async fn pushes(sim: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(sim.pushes())
}
