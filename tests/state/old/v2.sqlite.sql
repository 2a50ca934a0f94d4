BEGIN TRANSACTION;
CREATE TABLE dsr_approval (
	digest TEXT NOT NULL, 
	"plan" TEXT, 
	document TEXT NOT NULL, 
	PRIMARY KEY (digest)
);
CREATE TABLE dsr_certificate (
	run INTEGER NOT NULL, 
	"plan" TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (run), 
	FOREIGN KEY(run) REFERENCES dsr_run (id)
);
CREATE TABLE dsr_counter (
	name TEXT NOT NULL, 
	value BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "dsr_counter" VALUES('plans',2);
INSERT INTO "dsr_counter" VALUES('holds',2);
INSERT INTO "dsr_counter" VALUES('holds-generation',3);
INSERT INTO "dsr_counter" VALUES('ledger',6);
INSERT INTO "dsr_counter" VALUES('tokens',1);
CREATE TABLE dsr_event (
	id INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	what TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	subject TEXT, 
	"plan" TEXT, 
	hold TEXT, 
	counts TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE dsr_freeze (
	id INTEGER NOT NULL, 
	"by" TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	thawed_by TEXT, 
	thawed_at BIGINT, 
	PRIMARY KEY (id)
);
CREATE TABLE dsr_gate (
	run INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	store TEXT NOT NULL, 
	holds BIGINT NOT NULL, 
	host TEXT NOT NULL, 
	pid BIGINT NOT NULL, 
	birth TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	PRIMARY KEY (run), 
	FOREIGN KEY(run) REFERENCES dsr_run (id)
);
CREATE TABLE dsr_hold (
	id TEXT NOT NULL, 
	sealed TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "dsr_hold" VALUES('H-1','RBV993ijLe8ss1Y3+B0DiEIc5jsHbOqsejZXoGp8SixLkkbNfScxosS12PhnDH9MF81q4+/0zXVfr5Y1whfUPc3XO54X59/bUFbJvVxyibvuukSOLCxIFrMTsGdgyWJfjw21y1BD3LjLHq3XVy6jrKonodU8RMZ4CA2zudkObGUPrFPrIQTndY6Aji8qrQFwnDl4CLWp2cvjCWMF5K4P77eB6vI57T6kWliyIFuTt+jKZ96i1A4OB97Vdzq/RRIRu8zQtDxMbe2aqYBG0dVrk+dzNizBVcuytTSYORvLsvLlN190joFnCvCOmeVhUrq/OUxA+Xx9UcXscCDlBvdroAYeHfd2liOYYfOWvJlkuHyHLJj9faRx6Ap/vbo7fejgjKGVGq4S69s03yw6iR9EUZF+1iNqQAYi1Ra79mKmH4R+ByR2F1N0KbMEg+VivM3WZu35dpchjBlzIlv70QBXKzYfv/qvB5bNmChTN8banw5v4WSikqtDNqUGb6yNch4ub+neccLLhuaTgvyHo0iLRCjNXBWCSb4iQ0z8CJ5TQTjTe2FfU+lN7OHGHVnilfq605q1yyLj4Qubuf95GGxjn6eQ6/TQ0Mf8LLJi4W0m35t/7m7bP/cUj6NMe2L1ZtYUxwMfjY30m9Bd');
INSERT INTO "dsr_hold" VALUES('H-2','dV6CPCr4qSTvQjV8Slwerp9XnNkt7EP9OqwIME2z46/Dle7OrUJeEd2Ua32jkXCQbs0zESJbos/CxVYxITBgfWQPYuatBkEhvFXffNNVu48hzdFzzjOnhnGWTmAHs6jxe98Hwi+vTJdduokwZD0k9i0T5wDEmxVvltRHZSp4Qp/FqrolaJD1KCjebF4VkxqTvCcl23vbAdmMqCdsVf9UPfTQyp8sLvZ+uuifLYmiRHnhTnzfoDoy7RKNyEi1EJLb73lWdHVJgv65s62NQJC2EhlUEPUphsUtA9n8i7z6Gu11quv2zMkgKarZTh3VQBhT+C5+ilHyS0LF9xTeZJf5EwsrxZID6oGqzKa5QrTu8n6BrPBI7NfPzq25mdpoPe28fQEvozJGBNfTsGQd+8GQYh6BXlbaC+b0DryjDGY1iw7EqgDuHDiMcG1ruB7U+GEcdTxywkGQaXMb0LI8YC8DwQ==');
CREATE TABLE dsr_lease (
	name TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	mark TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid BIGINT NOT NULL, 
	birth TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE dsr_meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "dsr_meta" VALUES('schema_version','2');
INSERT INTO "dsr_meta" VALUES('key_check','b5617a5e4fa27699d5664529f6f465f98bc3fea3ee13c8163549a55f21e7aa70');
INSERT INTO "dsr_meta" VALUES('instance','ea20ef190d0d27f7');
CREATE TABLE dsr_opening (
	commitment TEXT NOT NULL, 
	token TEXT NOT NULL, 
	sealed TEXT NOT NULL, 
	PRIMARY KEY (commitment)
);
INSERT INTO "dsr_opening" VALUES('03fc14f84098329d4e76e364481abae479731f9c763d305a386de464dd7eb275','S-6b41848a','gNECXt1V8UAMsEvR1ia8qkxR0BBCNEBc5Bsanu9sp//NnDEMWP1fVANAU+3VlhZGilg0hRZsaWp/eJLJ');
CREATE TABLE dsr_outbox (
	seq BIGINT NOT NULL, 
	entry TEXT NOT NULL, 
	PRIMARY KEY (seq)
);
INSERT INTO "dsr_outbox" VALUES(0,'{"at":"2026-03-29T12:00:00Z","hold":"H-1","v":1,"version":1,"what":"hold_placed"}');
INSERT INTO "dsr_outbox" VALUES(1,'{"at":"2026-03-29T12:00:00Z","hold":"H-2","v":1,"version":2,"what":"hold_placed"}');
INSERT INTO "dsr_outbox" VALUES(2,'{"at":"2026-03-29T12:00:00Z","hold":"H-2","v":1,"version":3,"what":"hold_released"}');
INSERT INTO "dsr_outbox" VALUES(3,'{"at":"2026-03-29T12:00:00Z","counts":{"delete":4,"retain":7,"rewrite":1},"digest":"8d5f517c1281e1ba8737208000af854135879dfc11c35c4c371dc98319fad259","people":1,"plan":"P-1","policy":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","scope":"subject","subject":"03fc14f84098329d4e76e364481abae479731f9c763d305a386de464dd7eb275","v":1,"what":"plan"}');
INSERT INTO "dsr_outbox" VALUES(4,'{"at":"2026-03-29T12:00:00Z","counts":{"delete":4,"retain":7,"rewrite":1},"digest":"726cd3ddcb874bf55d152403e6eb32db86f96584cb34195ff6ec9e960ad76ea8","plan":"P-2","policy":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","scope":"expired","v":1,"what":"plan"}');
INSERT INTO "dsr_outbox" VALUES(5,'{"at":"2026-03-29T12:00:00Z","digest":"8d5f517c1281e1ba8737208000af854135879dfc11c35c4c371dc98319fad259","people":1,"plan":"P-1","policy":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","run":1,"subject":"03fc14f84098329d4e76e364481abae479731f9c763d305a386de464dd7eb275","v":1,"what":"run_began"}');
CREATE TABLE dsr_plan (
	id TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	status TEXT NOT NULL, 
	made_at BIGINT NOT NULL, 
	subjects BIGINT NOT NULL, 
	acting BIGINT NOT NULL, 
	shredded INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	commitment TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "dsr_plan" VALUES('P-1','subject','applying',1774785600000000,1,5,0,'{"appliable":true,"as_of":"2026-03-29T12:00:00+00:00","complete":false,"digest":"8d5f517c1281e1ba8737208000af854135879dfc11c35c4c371dc98319fad259","fingerprints":[["app","f1"]],"gaps":[{"kind":"no_start","text":"2 records without a date","where":"app.orders"}],"holds":3,"id":"P-1","made_at":"2026-03-29T12:00:00+00:00","notes":["\u8ba2\u5355"],"policy":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","schema":"dsr/plan/1","scope":"subject","steps":[{"changes":[],"collection":"orders","count":4,"disposition":"delete","entry":"app.orders","into":"","number":1,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"order","until":null,"why":"requested"}],"rule":"order","store":"app","until":null},{"changes":[["email","empty"]],"collection":"users","count":1,"disposition":"rewrite","entry":"app.users","into":"","number":2,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"","until":"2026-03-29T12:00:00+00:00","why":"referenced"},{"cite_en":"Cite","cite_zh":"\u5f15\u7528","hold":"H-1","note":"note","rule":"invoice","until":"2026-03-29T12:00:00+00:00","why":"tax"}],"rule":"account","store":"app","until":"2026-03-29T12:00:00+00:00"},{"changes":[],"collection":"invoices","count":7,"disposition":"retain","entry":"app.invoices","into":"","number":3,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"","until":null,"why":"tax"}],"rule":"invoice","store":"app","until":"2026-03-29T12:00:00+00:00"}],"subjects":["S-6b41848a"]}','03fc14f84098329d4e76e364481abae479731f9c763d305a386de464dd7eb275');
INSERT INTO "dsr_plan" VALUES('P-2','expired','open',1774785600000000,0,5,0,'{"appliable":true,"as_of":"2026-03-29T12:00:00+00:00","complete":false,"digest":"726cd3ddcb874bf55d152403e6eb32db86f96584cb34195ff6ec9e960ad76ea8","fingerprints":[["app","f1"]],"gaps":[{"kind":"no_start","text":"2 records without a date","where":"app.orders"}],"holds":3,"id":"P-2","made_at":"2026-03-29T12:00:00+00:00","notes":["\u8ba2\u5355"],"policy":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","schema":"dsr/plan/1","scope":"expired","steps":[{"changes":[],"collection":"orders","count":4,"disposition":"delete","entry":"app.orders","into":"","number":1,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"order","until":null,"why":"requested"}],"rule":"order","store":"app","until":null},{"changes":[["email","empty"]],"collection":"users","count":1,"disposition":"rewrite","entry":"app.users","into":"","number":2,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"","until":"2026-03-29T12:00:00+00:00","why":"referenced"},{"cite_en":"Cite","cite_zh":"\u5f15\u7528","hold":"H-1","note":"note","rule":"invoice","until":"2026-03-29T12:00:00+00:00","why":"tax"}],"rule":"account","store":"app","until":"2026-03-29T12:00:00+00:00"},{"changes":[],"collection":"invoices","count":7,"disposition":"retain","entry":"app.invoices","into":"","number":3,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"","until":null,"why":"tax"}],"rule":"invoice","store":"app","until":"2026-03-29T12:00:00+00:00"}],"subjects":[]}',NULL);
CREATE TABLE dsr_plan_subject (
	"plan" TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	sealed TEXT NOT NULL, 
	PRIMARY KEY ("plan", position), 
	FOREIGN KEY("plan") REFERENCES dsr_plan (id)
);
INSERT INTO "dsr_plan_subject" VALUES('P-1',0,'MEOr6MUq/ZkIYqHSQHYXSEMn85+VvZ6i2rP3sXWY1EcnBl9OHDnoDHCMyaFr3SGiW6kFqlKKldu4dMnNJvnkhCieAnBTIYrs19cPxCSxY99NjV3u4WI6tpl8X5BkCShtm67FdyyjwCCrJkJFMn8NmGAy7TvoCLOrLlyv5J8OHnqgtiIIoO2qftSfubh0GQarqNGiFkmQY/KDJFgfPiHqtBjMx0gqAhdLx5WCNFVJAN+V5ZBh3zKSPlM/SNKVXxHtJYVtzg==');
CREATE TABLE dsr_run (
	id INTEGER NOT NULL, 
	"plan" TEXT NOT NULL, 
	began_at BIGINT NOT NULL, 
	finished_at BIGINT, 
	outcome TEXT, 
	entry BIGINT, 
	token BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY("plan") REFERENCES dsr_plan (id)
);
INSERT INTO "dsr_run" VALUES(1,'P-1',1774785600000000,NULL,NULL,NULL,1);
CREATE TABLE dsr_seen (
	store TEXT NOT NULL, 
	token BIGINT NOT NULL, 
	PRIMARY KEY (store)
);
CREATE TABLE dsr_step (
	run INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	planned BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	units BIGINT NOT NULL, 
	records BIGINT NOT NULL, 
	effected BIGINT DEFAULT '0' NOT NULL, 
	outcome TEXT, 
	detail TEXT NOT NULL, 
	PRIMARY KEY (run, number), 
	FOREIGN KEY(run) REFERENCES dsr_run (id)
);
INSERT INTO "dsr_step" VALUES(1,1,4,'started',1,2,2,NULL,'');
INSERT INTO "dsr_step" VALUES(1,2,1,'planned',0,0,0,NULL,'');
INSERT INTO "dsr_step" VALUES(1,3,7,'planned',0,0,0,NULL,'');
CREATE TABLE dsr_subject (
	token TEXT NOT NULL, 
	sealed TEXT NOT NULL, 
	PRIMARY KEY (token)
);
INSERT INTO "dsr_subject" VALUES('S-6b41848a','DxInC6WIqWmH0vdGelXlSA5f9RsvoXCEHZCnPYkF6ol9FhjdMi+NSozwu2eg3vGTLw9mEXyl5JGKMnBGaccuJJ77s2l0Dd0EdBkXdboPrJmBCSyc1c9b9ack7seuTUD8aLtVo4BuX4B2BVXsrGkaeGsm1eDOYoE5zBTtBX1xJofZhRkl7Qij8E7Nf3B2RnfJHToGw0giHoRD/5HO/LD4UHcZ6lkkv8vK0YBKzSZ29XFfFfZBxXkNwAa+edxUVrX9OspFoA==');
CREATE INDEX dsr_opening_token ON dsr_opening (token);
CREATE INDEX dsr_approval_plan ON dsr_approval ("plan");
CREATE INDEX dsr_run_plan ON dsr_run ("plan");
CREATE INDEX dsr_certificate_plan ON dsr_certificate ("plan");
CREATE TRIGGER dsr_event_no_update BEFORE update ON dsr_event BEGIN SELECT RAISE(ABORT, 'dsr_event is append-only'); END;
CREATE TRIGGER dsr_event_no_delete BEFORE delete ON dsr_event BEGIN SELECT RAISE(ABORT, 'dsr_event is append-only'); END;
CREATE TRIGGER dsr_outbox_no_update BEFORE update ON dsr_outbox BEGIN SELECT RAISE(ABORT, 'dsr_outbox is append-only'); END;
CREATE TRIGGER dsr_outbox_no_delete BEFORE delete ON dsr_outbox BEGIN SELECT RAISE(ABORT, 'dsr_outbox is append-only'); END;
CREATE TRIGGER dsr_approval_no_update BEFORE update ON dsr_approval BEGIN SELECT RAISE(ABORT, 'dsr_approval is append-only'); END;
CREATE TRIGGER dsr_approval_no_delete BEFORE delete ON dsr_approval BEGIN SELECT RAISE(ABORT, 'dsr_approval is append-only'); END;
CREATE TRIGGER dsr_certificate_no_update BEFORE update ON dsr_certificate BEGIN SELECT RAISE(ABORT, 'dsr_certificate is append-only'); END;
CREATE TRIGGER dsr_certificate_no_delete BEFORE delete ON dsr_certificate BEGIN SELECT RAISE(ABORT, 'dsr_certificate is append-only'); END;
COMMIT;
