-- The full-text index: SQLite's own. It holds terms only; the text stays in entries. The first line of what is indexed
-- says whose it is, the rest is the text (tokenizer.h).
CREATE VIEW search_lines AS
  SELECT id, shop || ' ' || conversation || ' ' || agent || char(10) || text AS line
  FROM entries WHERE text <> '';
CREATE VIRTUAL TABLE search USING fts5 (
  line, content = 'search_lines', content_rowid = 'id', columnsize = 0, tokenize = 'kefu'
);
