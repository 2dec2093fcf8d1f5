use domain::score::Rulebook;
#[test]
fn parse() {
    for e in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"),"/rulebooks")).unwrap() {
        let p = e.unwrap().path();
        let t = std::fs::read_to_string(&p).unwrap();
        if let Err(x) = toml::from_str::<Rulebook>(&t) { panic!("{}: {x}", p.display()); }
    }
}
