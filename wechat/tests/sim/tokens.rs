//! The two families of access tokens, and the door they open.

use serde_json::{Value, json};

use super::{MINI, STATION, World, accounts, code, message};

#[actix_web::test]
async fn a_stable_token_stays_the_same_and_tells_what_is_left() {
    let world = World::start();
    let first = world.stable_token(STATION, false).await;
    world.pass(1000);
    let second = world.stable_token(STATION, false).await;

    assert_eq!(first["access_token"], second["access_token"]);
    assert_eq!(second["expires_in"], 6200);
}

#[actix_web::test]
async fn in_its_last_five_minutes_a_stable_token_has_a_successor_and_both_work() {
    let world = World::start();
    let first = world.token(STATION).await;
    world.pass(6900);
    let second = world.token(STATION).await;

    assert_ne!(first, second);
    assert_eq!(world.verdict(&first).await, 0);
    assert_eq!(world.verdict(&second).await, 0);
    world.pass(300);
    assert_eq!(world.verdict(&first).await, 42001);
}

#[actix_web::test]
async fn a_forced_refresh_has_its_limits_and_two_of_them_end_a_leaked_token() {
    let world = World::start();
    let leaked = world.token(STATION).await;
    world.stable_token(STATION, true).await;
    assert_eq!(world.verdict(&leaked).await, 0);
    assert_eq!(code(&world.stable_token(STATION, true).await), 45011);
    world.pass(30);
    world.stable_token(STATION, true).await;
    assert_eq!(world.verdict(&leaked).await, 40001);

    for _ in 2..20 {
        world.pass(30);
        assert_eq!(code(&world.stable_token(STATION, true).await), 0);
    }
    world.pass(30);
    assert_eq!(code(&world.stable_token(STATION, true).await), 45009);
}

#[actix_web::test]
async fn a_classic_token_ends_the_one_before_it_after_five_minutes() {
    let world = World::start();
    let stable = world.token(STATION).await;
    let first = world.classic_token(STATION).await;
    let second = world.classic_token(STATION).await;

    world.pass(299);
    assert_eq!(world.verdict(&first).await, 0);
    world.pass(1);
    assert_eq!(world.verdict(&first).await, 40001);
    assert_eq!(world.verdict(&second).await, 0);
    assert_eq!(
        world.verdict(&stable).await,
        0,
        "the families do not disturb each other"
    );
}

#[actix_web::test]
async fn a_token_that_is_none_is_told_apart() {
    let world = World::start();

    assert_eq!(world.verdict("").await, 41001);
    assert_eq!(world.verdict("short").await, 40014);
    assert_eq!(world.verdict("98_aaaaaaaaaaaaaaaaaaaaaaaaa").await, 40001);
    let revoked = world.token(STATION).await;
    world.handle().revoke_tokens(STATION);
    assert_eq!(world.verdict(&revoked).await, 40001);
    assert_eq!(world.verdict(&world.token(STATION).await).await, 0);
}

#[actix_web::test]
async fn credentials_are_checked_one_by_one() {
    let world = World::start();
    let ask = async |body: Value| code(&world.post("cgi-bin/stable_token", body).await);
    let grant = "client_credential";

    assert_eq!(ask(json!({ "grant_type": grant })).await, 41002);
    assert_eq!(
        ask(json!({ "grant_type": grant, "appid": STATION })).await,
        41004
    );
    assert_eq!(
        ask(json!({ "grant_type": grant, "appid": "wx", "secret": "x" })).await,
        40013
    );
    assert_eq!(
        ask(json!({ "grant_type": grant, "appid": STATION, "secret": "x" })).await,
        40125
    );
    let secret = format!("secret-of-{STATION}");
    assert_eq!(
        ask(json!({ "appid": STATION, "secret": secret })).await,
        40002
    );
}

#[actix_web::test]
async fn a_whitelist_names_the_address_it_refused() {
    let mut apps = accounts();
    for app in &mut apps {
        app.ip_whitelist = Some(vec!["203.0.113.0/24".to_owned(), "198.51.100.7".to_owned()]);
    }
    let world = World::start_with(apps);

    let answer = world.stable_token(STATION, false).await;
    assert_eq!(code(&answer), 40164);
    assert!(
        message(&answer)
            .starts_with("invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: ")
    );
    // A mini-program is held to it only where its secret buys a token.
    let js_code = world.handle().login_code(MINI, "alice");
    let path = format!(
        "sns/jscode2session?appid={MINI}&secret=secret-of-{MINI}&js_code={js_code}\
         &grant_type=authorization_code"
    );
    assert_eq!(code(&world.get(&path).await), 0);
    assert_eq!(code(&world.stable_token(MINI, false).await), 40164);
}

#[actix_web::test]
async fn a_whitelist_takes_networks() {
    let mut apps = accounts();
    for app in &mut apps {
        app.ip_whitelist = Some(vec!["127.0.0.0/8".to_owned()]);
    }
    let world = World::start_with(apps);

    assert_eq!(code(&world.stable_token(STATION, false).await), 0);
}

#[actix_web::test]
async fn a_quota_runs_out_can_be_read_and_is_cleared_ten_times_a_month() {
    let world = World::start();
    let token = world.token(STATION).await;
    world
        .handle()
        .set_quota(STATION, "cgi-bin/getcallbackip", 2, 100);
    assert_eq!(world.verdict(&token).await, 0);
    assert_eq!(world.verdict(&token).await, 0);
    assert_eq!(world.verdict(&token).await, 45009);

    let path = format!("cgi-bin/openapi/quota/get?access_token={token}");
    let quota = world
        .post(&path, json!({ "cgi_path": "/cgi-bin/getcallbackip" }))
        .await;
    assert_eq!(
        quota["quota"],
        json!({ "daily_limit": 2, "used": 2, "remain": 0 })
    );

    let clear = format!("cgi-bin/clear_quota?access_token={token}");
    for _ in 0..10 {
        assert_eq!(
            code(&world.post(&clear, json!({ "appid": STATION })).await),
            0
        );
    }
    assert_eq!(world.verdict(&token).await, 0);
    assert_eq!(
        code(&world.post(&clear, json!({ "appid": STATION })).await),
        48006
    );
}

#[actix_web::test]
async fn a_refusal_can_be_looked_up_by_its_rid() {
    let world = World::start();
    let token = world.token(STATION).await;
    let refused = world
        .get(&format!("cgi-bin/menu/get?access_token={token}"))
        .await;
    assert_eq!(code(&refused), 46003);
    let (_, rid) = message(&refused).split_once("rid: ").expect("a rid");

    let path = format!("cgi-bin/openapi/rid/get?access_token={token}");
    let found = world.post(&path, json!({ "rid": rid })).await;
    assert_eq!(found["request"]["request_url"], "cgi-bin/menu/get");
    let unknown = world
        .post(&path, json!({ "rid": "61725984-6126f6f9-040f19c4" }))
        .await;
    assert_eq!(code(&unknown), 76001);
    let mini = world.token(MINI).await;
    let path = format!("cgi-bin/openapi/rid/get?access_token={mini}");
    assert_eq!(code(&world.post(&path, json!({ "rid": rid })).await), 76003);
}

#[actix_web::test]
async fn the_clears_with_the_secret_come_out_of_the_same_ten() {
    let world = World::start();
    let token = world.token(STATION).await;
    world
        .handle()
        .set_quota(STATION, "cgi-bin/getcallbackip", 1, 100);
    let with_secret = async |secret: &str| {
        let body = json!({ "appid": STATION, "appsecret": secret });
        code(&world.post("cgi-bin/clear_quota/v2", body).await)
    };
    let secret = format!("secret-of-{STATION}");
    assert_eq!(with_secret("guess").await, 40125);

    for _ in 0..5 {
        assert_eq!(world.verdict(&token).await, 0);
        assert_eq!(world.verdict(&token).await, 45009);
        assert_eq!(with_secret(&secret).await, 0);
        let body = json!({ "appid": STATION });
        assert_eq!(
            code(&world.ask(STATION, "cgi-bin/clear_quota", body).await),
            0
        );
    }
    assert_eq!(with_secret(&secret).await, 48006);
    world.pass(31 * 86_400);
    assert_eq!(with_secret(&secret).await, 0);
}

#[actix_web::test]
async fn a_star_covers_the_last_number_and_only_for_mini_programs() {
    let mut apps = accounts();
    for app in &mut apps {
        app.ip_whitelist = Some(vec!["127.0.0.*".to_owned()]);
    }
    let world = World::start_with(apps);

    assert_eq!(code(&world.stable_token(MINI, false).await), 0);
    assert_eq!(code(&world.stable_token(STATION, false).await), 40164);
}
