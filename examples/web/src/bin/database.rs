//! Templates from a database: an async loader over SQLite.
//!
//! Including, extending and importing work as with files; a render waits where a template is not there
//! yet. What was compiled is kept, so that the database is asked for each template once.
//!
//! `cargo run --manifest-path examples/web/Cargo.toml --bin database`

use std::sync::{Arc, Mutex, PoisonError};

use kakehi::{AsyncFunctionLoader, Environment, Error, Value, context};
use rusqlite::{Connection, OptionalExtension};

const CONTENT: &str = "
    CREATE TABLE templates (name TEXT PRIMARY KEY, source TEXT NOT NULL);
    INSERT INTO templates VALUES
      ('layout.html', '<title><% block title %>Shop<% end %></title>
<main><% block main required %><% end %></main>'),
      ('item.html',   '<li><< item.name >>: << await stock(item.id) >> left</li>'),
      ('shop.html',   '<% extends \"layout.html\" %>
<% block title %><< super() >> of << owner >><% end %>
<% block main %><% for item in items %><% include \"item.html\" %><% end %><% end %>');
    CREATE TABLE stock (id INTEGER PRIMARY KEY, pieces INTEGER NOT NULL);
    INSERT INTO stock VALUES (1, 12), (2, 0);
";

/// A connection that is used on threads where blocking is fine.
#[derive(Clone)]
struct Database {
    connection: Arc<Mutex<Connection>>,
}

impl Database {
    fn open() -> rusqlite::Result<Database> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(CONTENT)?;
        Ok(Database {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Runs a query elsewhere, so that neither the render nor its runtime is held up.
    async fn query<T: Send + 'static>(
        self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let run = move || {
            let connection = self
                .connection
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            query(&connection)
        };
        let result = tokio::task::spawn_blocking(run)
            .await
            .map_err(Error::from_source)?;
        result.map_err(Error::from_source)
    }

    /// The source of a template; none if there is no such row.
    async fn template(self, name: String) -> Result<Option<String>, Error> {
        self.query(move |connection| {
            connection
                .query_row(
                    "SELECT source FROM templates WHERE name = ?1",
                    [name],
                    |row| row.get(0),
                )
                .optional()
        })
        .await
    }

    /// How many pieces of an item there are.
    async fn stock(self, id: i64) -> Result<i64, Error> {
        self.query(move |connection| {
            connection.query_row("SELECT pieces FROM stock WHERE id = ?1", [id], |row| {
                row.get(0)
            })
        })
        .await
    }
}

/// The environment of a site whose templates are in the database.
fn environment(database: &Database) -> Environment {
    let mut env = Environment::new();
    let templates = database.clone();
    env.set_loader(AsyncFunctionLoader::new(move |name| {
        templates.clone().template(name)
    }));
    let stock = database.clone();
    env.add_async_function("stock", move |id: i64| stock.clone().stock(id));
    env
}

fn shop() -> Value {
    let items = [
        context! { id => 1, name => "Tea <green>" },
        context! { id => 2, name => "Kettle" },
    ];
    context! { owner => "Ann", items }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let database = Database::open().map_err(Error::from_source)?;
    let env = environment(&database);
    println!("{}", env.render_async("shop.html", shop()).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use kakehi::{ErrorKind, context};

    use super::{Database, environment, shop};

    #[tokio::test]
    async fn renders_from_the_database() {
        let database = Database::open().expect("opens");
        let page = environment(&database)
            .render_async("shop.html", shop())
            .await;
        let expected = "<title>Shop of Ann</title>\n<main>\
            <li>Tea &lt;green&gt;: 12 left</li><li>Kettle: 0 left</li></main>";
        assert_eq!(page.expect("renders"), expected);
    }

    #[tokio::test]
    async fn asks_once_for_each_template() {
        let database = Database::open().expect("opens");
        let env = environment(&database);
        env.render_async("shop.html", shop())
            .await
            .expect("renders");
        let gone = database.query(|connection| connection.execute("DELETE FROM templates", []));
        assert_eq!(gone.await.expect("deletes"), 3);
        env.render_async("shop.html", shop())
            .await
            .expect("renders from what is compiled");
    }

    #[tokio::test]
    async fn missing_rows_are_errors() {
        let database = Database::open().expect("opens");
        let env = environment(&database);
        let error = env
            .render_async("cart.html", ())
            .await
            .expect_err("no such template");
        assert_eq!(error.kind(), ErrorKind::TemplateNotFound);
        let page = env.render_async("item.html", context! { item => context! { id => 9 } });
        let error = page.await.expect_err("no such row");
        assert_eq!(error.kind(), ErrorKind::Host);
        assert_eq!(error.location().map(|place| place.line), Some(1));
    }

    #[tokio::test]
    async fn cannot_load_without_waiting() {
        let database = Database::open().expect("opens");
        let error = environment(&database)
            .render("shop.html", shop())
            .expect_err("waits");
        assert_eq!(error.kind(), ErrorKind::AsyncRequired);
    }
}
