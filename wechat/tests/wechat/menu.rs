//! The menu of an official account.

use serde_json::{Value, json};
use wechat::Error;
use wechat::menu::{Action, Button, CurrentMenu, Entry, Menu};

use crate::fake::{Fake, refusal};
use crate::vectors::{entries, text, vectors};

const CREATE: &str = "/cgi-bin/menu/create";
const GET: &str = "/cgi-bin/menu/get";
const DELETE: &str = "/cgi-bin/menu/delete";
const CURRENT: &str = "/cgi-bin/get_current_selfmenu_info";

fn click(name: &str, key: &str) -> Entry {
    Entry::new(name, Action::Click { key: key.into() })
}

fn menu() -> Menu {
    let page = Action::MiniProgram {
        url: "https://a.example/checkin".into(),
        appid: "wx2".into(),
        pagepath: "pages/checkin?from=menu".into(),
    };
    let site = Action::View {
        url: "https://a.example/".into(),
    };
    let scan = Action::ScanCode {
        key: "scan".into(),
        wait: true,
    };
    let place = Action::Location {
        key: "place".into(),
    };
    Menu {
        buttons: vec![
            Button::Entry(Entry::new("签到", page)),
            Button::Entry(click("我的活动", "mine")),
            Button::Group {
                name: "更多".into(),
                entries: vec![
                    Entry::new("官网", site),
                    Entry::new("扫一扫", scan),
                    Entry::new("到会", place),
                ],
            },
        ],
    }
}

fn body() -> Value {
    json!({ "button": [
        { "name": "签到", "type": "miniprogram", "url": "https://a.example/checkin",
            "appid": "wx2", "pagepath": "pages/checkin?from=menu" },
        { "name": "我的活动", "type": "click", "key": "mine" },
        { "name": "更多", "sub_button": [
            { "name": "官网", "type": "view", "url": "https://a.example/" },
            { "name": "扫一扫", "type": "scancode_waitmsg", "key": "scan" },
            { "name": "到会", "type": "location_select", "key": "place" },
        ] },
    ] })
}

fn answer(api: &str) -> Value {
    entries(&vectors("api_responses"), "cases")
        .into_iter()
        .find(|case| text(case, "api") == api)
        .unwrap()["body"]
        .clone()
}

#[actix_web::test]
async fn a_menu_is_set_and_read_again() {
    let fake = Fake::telling(CREATE, &answer("POST /cgi-bin/menu/create"));
    fake.tell_json(GET, &json!({ "menu": body(), "conditionalmenu": [] }));
    let account = fake.account();
    assert_eq!(account.create_menu(&menu()).await, Ok(()));
    assert_eq!(fake.only(CREATE).json(), body());
    assert_eq!(account.menu().await, Ok(Some(menu())));
}

#[actix_web::test]
async fn a_menu_of_another_program_is_read() {
    let fake = Fake::telling(GET, &answer("GET /cgi-bin/menu/get"));
    fake.tell_json(GET, &refusal(46003));
    fake.tell_json(GET, &refusal(-1));
    let account = fake.account();
    let expected = Menu {
        buttons: vec![Button::Entry(click("test", "test"))],
    };
    assert_eq!(account.menu().await, Ok(Some(expected)));
    assert_eq!(account.menu().await, Ok(None));
    assert!(account.menu().await.is_err());
}

#[actix_web::test]
async fn a_menu_is_taken_away() {
    let fake = Fake::telling(DELETE, &json!({ "errcode": 0, "errmsg": "ok" }));
    assert_eq!(fake.account().delete_menu().await, Ok(()));
    assert_eq!(fake.only(DELETE).method, "GET");
}

#[actix_web::test]
async fn the_menu_that_shows_may_be_of_the_console() {
    let fake = Fake::telling(
        CURRENT,
        &json!({
            "is_menu_open": 1,
            "selfmenu_info": { "button": [
                { "type": "news", "name": "简介", "value": "media-1", "news_info": {} },
                { "name": "更多", "sub_button": { "list": [
                    { "type": "click", "name": "我的活动", "key": "mine" },
                ] } },
            ] },
        }),
    );
    fake.tell_json(CURRENT, &json!({ "is_menu_open": 0 }));
    let account = fake.account();
    let news = Action::Other {
        kind: "news".into(),
    };
    let current = account.current_menu().await.unwrap();
    assert_eq!(
        current,
        CurrentMenu {
            open: true,
            menu: Menu {
                buttons: vec![
                    Button::Entry(Entry::new("简介", news)),
                    Button::Group {
                        name: "更多".into(),
                        entries: vec![click("我的活动", "mine")],
                    },
                ],
            },
        }
    );
    assert_eq!(
        current.menu.check().unwrap_err().field,
        "button[0].type",
        "what only the console can set is not sent"
    );
    let closed = account.current_menu().await.unwrap();
    assert_eq!((closed.open, closed.menu), (false, Menu::default()));
}

#[actix_web::test]
async fn a_menu_beyond_the_limits_is_not_sent_and_the_place_is_named() {
    let refused = |menu: Menu| menu.check().unwrap_err().field;
    let one = |entry: Entry| Menu {
        buttons: vec![Button::Entry(entry)],
    };
    let group = |name: &str, entries: Vec<Entry>| Menu {
        buttons: vec![
            Button::Entry(click("a", "a")),
            Button::Group {
                name: name.into(),
                entries,
            },
        ],
    };
    let view = |url: String| Entry::new("a", Action::View { url });

    assert_eq!(refused(Menu::default()), "button");
    let four = vec![Button::Entry(click("a", "a")); 4];
    assert_eq!(refused(Menu { buttons: four }), "button");
    assert_eq!(refused(one(click("六个字的名称", "a"))), "button[0].name");
    assert_eq!(refused(one(click("", "a"))), "button[0].name");
    assert_eq!(refused(one(click("a", &"k".repeat(129)))), "button[0].key");
    assert_eq!(refused(one(click("a", ""))), "button[0].key");
    assert_eq!(refused(one(view("u".repeat(1025)))), "button[0].url");
    assert_eq!(
        refused(group("六个字的名称", vec![click("a", "a")])),
        "button[1].name"
    );
    assert_eq!(refused(group("g", vec![])), "button[1].sub_button");
    assert_eq!(
        refused(group("g", vec![click("a", "a"); 6])),
        "button[1].sub_button"
    );
    let long = "字".repeat(21);
    assert_eq!(
        refused(group("g", vec![click("a", "a"), click(&long, "a")])),
        "button[1].sub_button[1].name"
    );
    let no_page = Action::MiniProgram {
        url: "u".into(),
        appid: "wx2".into(),
        pagepath: String::new(),
    };
    assert_eq!(refused(one(Entry::new("a", no_page))), "button[0].pagepath");

    assert_eq!(one(click("五个字名称", &"k".repeat(128))).check(), Ok(()));
    assert_eq!(
        group("g", vec![click(&"字".repeat(20), "a"); 5]).check(),
        Ok(())
    );
    assert_eq!(one(view("u".repeat(1024))).check(), Ok(()));

    let fake = Fake::start();
    let error = fake
        .account()
        .create_menu(&Menu::default())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Limit(_)), "{error:?}");
    assert!(!error.may_have_taken_effect());
}
