//! Two nodes of one service.

use api::app::App;
use tests::TestApp;

#[actix_web::test]
async fn nodes_share_the_access_token_of_an_app_where_there_is_redis() {
    let t = TestApp::start().await;
    let other = App::open(t.app.config.clone(), t.app.clock.clone())
        .await
        .unwrap();
    let fetched = || {
        let calls = t.sim.handle.calls();
        calls
            .iter()
            .filter(|call| call.path.ends_with("cgi-bin/stable_token"))
            .count()
    };
    let before = fetched();

    for node in [&t.app, &other] {
        let app = node.wechat_apps.all().next().unwrap();
        app.client.probe().await.unwrap();
    }

    let once_or_each = if t.app.cache.is_shared() { 1 } else { 2 };
    assert_eq!(fetched() - before, once_or_each);
    t.stop().await;
}
