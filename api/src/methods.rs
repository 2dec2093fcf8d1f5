//! What a path that exists says to a method it does not have: 405 with `Allow`, not 404.

use std::collections::BTreeMap;

/// Every path of the service with its methods.
#[derive(Clone, Debug)]
pub struct Methods {
    paths: Vec<(String, String)>,
}

impl Methods {
    /// These paths with their methods in small letters, as the description of the API has them.
    pub fn of(paths: BTreeMap<String, Vec<String>>) -> Self {
        const KNOWN: [&str; 5] = ["get", "post", "put", "patch", "delete"];
        let paths = paths.into_iter().map(|(path, methods)| {
            let there = KNOWN
                .iter()
                .filter(|&&known| methods.iter().any(|one| one == known));
            let there: Vec<String> = there.map(|known| known.to_uppercase()).collect();
            (path, there.join(", "))
        });
        Self {
            paths: paths.collect(),
        }
    }

    /// The methods of the path, for the `Allow` header, if there is such a path.
    pub fn allowed(&self, path: &str) -> Option<&str> {
        let mut paths = self.paths.iter();
        let (_, methods) = paths.find(|(pattern, _)| is_path(pattern, path))?;
        Some(methods)
    }
}

fn is_path(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let all = pattern
        .split('/')
        .all(|part| segments.next().is_some_and(|one| is_segment(part, one)));
    all && segments.next().is_none()
}

/// A segment has at most one parameter, and may have more before or behind it: `{review_id}.xlsx`.
fn is_segment(pattern: &str, segment: &str) -> bool {
    let parameter = pattern
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?.1)));
    match parameter {
        None => pattern == segment,
        Some((before, after)) => {
            before.len() + after.len() < segment.len()
                && segment.starts_with(before)
                && segment.ends_with(after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_which_methods_it_has() {
        let paths = [
            ("/reviews", vec!["post", "get", "parameters"]),
            ("/reviews/{review_id}", vec!["get"]),
            ("/reviews/{review_id}.xlsx", vec!["get"]),
            ("/reviews/{review_id}/people", vec!["put", "delete"]),
        ];
        let owned = |methods: Vec<&str>| methods.into_iter().map(str::to_owned).collect();
        let paths = paths.map(|(path, methods)| (path.to_owned(), owned(methods)));

        let methods = Methods::of(paths.into());

        assert_eq!(methods.allowed("/reviews"), Some("GET, POST"));
        assert_eq!(methods.allowed("/reviews/1"), Some("GET"));
        assert_eq!(methods.allowed("/reviews/1.xlsx"), Some("GET"));
        assert_eq!(methods.allowed("/reviews/1/people"), Some("PUT, DELETE"));
        for none in [
            "",
            "/",
            "/review",
            "/reviews/",
            "/reviews/1/people/2",
            "/reviews//people",
        ] {
            assert_eq!(methods.allowed(none), None, "{none}");
        }
    }
}
