BEGIN TRANSACTION;
CREATE TABLE dsr_approval (
	digest TEXT NOT NULL, 
	"plan" TEXT, 
	document TEXT NOT NULL, 
	PRIMARY KEY (digest)
);
CREATE TABLE dsr_attempt (
	tag TEXT NOT NULL, 
	tries BIGINT NOT NULL, 
	since BIGINT NOT NULL, 
	PRIMARY KEY (tag)
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
INSERT INTO "dsr_counter" VALUES('requests',0);
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
CREATE TABLE dsr_former (
	tag TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	expires BIGINT NOT NULL, 
	PRIMARY KEY (tag, subject)
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
INSERT INTO "dsr_hold" VALUES('H-1','KAzXxVVLMFnuE8wivtyJfa9igBv/3QKC+Od9m9INK93iZCr13+m6Q3U520nhVWhcT17cRZqq8uiF/diAGT2ZLJU1ePyuzkSfHxEe0YSJsXwrv/YnqhnVV/DxJKZyir1TN/VrcpS+bV7Ar5aIWx7CrSx0R5zslPToKNEE70TMstm4gMTADF95u5afMn6pzTWcWLLXcQsFd2CG55ZIb3vnezMPFhw7+ca5uURfwXc32M8pjp0rYb9f8xPEFvalE+WefU3sHVc3ZNI73Qdr5QhtNH3cDBLjIZEqPYe7Zh6oBZ83kShlcc3iOvhMWJ9QkqxmXKIbrsOjIjldKMM9ODfVnWXiRo1b0W4ziRJdM04UBKxA4KHP+tQ23U+aMPYRUO8UKXSd+HCeQq2md+jEN5wpeHWaNhiB04o2mWRCHjaBMpbN5QDM+b2QrXH2/hT5JTIUd6wx9GI88w/vphtC5KdzhtXAsXu82SXwFu0Ncvz6atsArBGUaADYQMr7N631oPqiTVpBlWglOaiyZfe0EZlcJ9AYkn26zrml4Qz0tOubR1QLHBNYa/y8fjjLHdmnGMcj9h0CnAzn9QQlA42RBB4cABIXnWZt5Kuvwg9Z6TEAw77Tqepl4EpcOy6ut4Gv9e37dI32u5nri1cMvEUanRj6/cO9UJ9sNQcT9lHQKx9pyJKY4DHgDa/6aditWmgBKeimjW7bYo/5LzqlQe3U1IaahKp7kR38JMrlOT6NaGPM8hS4V3OEl4OWoP8gcw==');
INSERT INTO "dsr_hold" VALUES('H-2','B7YA0paU3imdul4rxq/5OY4K3RwBi67K0X24Gn2wz8mOGuXH2GjMuT8LHPEBcTQZiOBYgaVcl5fK0wC8mS/syXbm63hjXo/DvIRkbkU2SyWu7eqmPWxPV1RiRMiHxdgEOBTzieox/BxIQy4Gyil7Uq7WO0geqEIPzhnDCw4IIaPDm7fO83Gm6qlxnAV8yVsfUkPGtON3YQGYeBAjAvrRvyioQmmd1x/2/VAEazLIJ/MG9Vv2+zUfUJtBwR6YtG7QMvn9EhAR2NPqNVwwxG+AB+7/E7bojkK9Sau7RkV/sh0LcN89DxtowhsyzOZGr1mb6GXT9ByYX7VxbL6GhYSAV6ytcY+ntB46rhwSUmfvnWuvjR7U2jqgFQAVPDyQbWAcBrlQFzCwkyQ17xFep4Gx8QFZWb8wK2zQfbrA2KjjilveGNL1b5tPmtNAQ+PkxgGKr+81E02g8QKyV8aFMHi4lDGFNvNfCR36hB+sbFnj+GfVYXF6iE1pDYBuIE/EnpN/MiXSaONl4hj2F+CjL8/sMRoU3uLlh39ti5XH2g2Hgbpk/XYFgI7WU6GOZAgy+NuDBm4=');
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
INSERT INTO "dsr_meta" VALUES('schema_version','6');
INSERT INTO "dsr_meta" VALUES('key_check','b5617a5e4fa27699d5664529f6f465f98bc3fea3ee13c8163549a55f21e7aa70');
INSERT INTO "dsr_meta" VALUES('instance','575f5984b9ed070f');
CREATE TABLE dsr_opening (
	commitment TEXT NOT NULL, 
	token TEXT NOT NULL, 
	sealed TEXT NOT NULL, 
	PRIMARY KEY (commitment)
);
INSERT INTO "dsr_opening" VALUES('03fc14f84098329d4e76e364481abae479731f9c763d305a386de464dd7eb275','S-6b41848a','HHaOpG1IZMlueilalrbftrdU1tYLs9mS76rqDlWQKMSk0GpX2ypgPPImhMBpHzY6U2/WrK1qbKNQiWAZ');
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
INSERT INTO "dsr_plan_subject" VALUES('P-1',0,'ia3OZHLZMXDssxBUh1Vpdm0jxJDg+nEZhJ5KUt1j7mynd23ROFsBR8xtNdxQy+k7HN9avn7vpkHS8GPesSgcpCDtJEd+fQhJ3td4o0xKpSrrMv+xOVw/PULspf2MWcDb/wGP3Q4V6XLqoucQIZLDtsoFW2w80Na5xMyi6oSYOTGOS+2v58zDO/3edqCmgfyrSBWCEer6mAK/m2MwUNcv2PFQODI6wG+iV655rWc9RM39r0kcXlRosNPAW/BMJWOznnGvOw==');
CREATE TABLE dsr_renewal (
	id INTEGER NOT NULL, 
	run INTEGER NOT NULL, 
	"plan" TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES dsr_run (id)
);
CREATE TABLE dsr_request (
	id TEXT NOT NULL, 
	number BIGINT NOT NULL, 
	rights TEXT NOT NULL, 
	regimes TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	language TEXT NOT NULL, 
	requester TEXT NOT NULL, 
	test INTEGER NOT NULL, 
	received_at BIGINT NOT NULL, 
	opened_at BIGINT NOT NULL, 
	acknowledged_at BIGINT, 
	verified_at BIGINT, 
	proof TEXT NOT NULL, 
	subject TEXT, 
	suspected INTEGER NOT NULL, 
	extended_at BIGINT, 
	delay TEXT, 
	closed_at BIGINT, 
	ending TEXT, 
	ground TEXT NOT NULL, 
	in_time INTEGER, 
	sealed TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE dsr_request_act (
	request TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	act TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	word TEXT NOT NULL, 
	sealed TEXT, 
	PRIMARY KEY (request, number), 
	FOREIGN KEY(request) REFERENCES dsr_request (id)
);
CREATE TABLE dsr_request_code (
	request TEXT NOT NULL, 
	tag TEXT NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (request), 
	FOREIGN KEY(request) REFERENCES dsr_request (id)
);
CREATE TABLE dsr_request_mapping (
	columns TEXT NOT NULL, 
	sealed TEXT NOT NULL, 
	PRIMARY KEY (columns)
);
CREATE TABLE dsr_request_notice (
	request TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	state TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	sealed TEXT, 
	PRIMARY KEY (request, recipient), 
	FOREIGN KEY(request) REFERENCES dsr_request (id)
);
CREATE TABLE dsr_request_question (
	request TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	question TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	answered_at BIGINT, 
	PRIMARY KEY (request, number), 
	FOREIGN KEY(request) REFERENCES dsr_request (id)
);
CREATE TABLE dsr_request_tag (
	tag TEXT NOT NULL, 
	request TEXT NOT NULL, 
	PRIMARY KEY (tag, request), 
	FOREIGN KEY(request) REFERENCES dsr_request (id)
);
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
CREATE TABLE dsr_shown (
	id INTEGER NOT NULL, 
	store TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	shown TEXT NOT NULL, 
	"plan" TEXT, 
	sought BIGINT NOT NULL, 
	remains TEXT NOT NULL, 
	entry BIGINT NOT NULL, 
	PRIMARY KEY (id)
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
INSERT INTO "dsr_subject" VALUES('S-6b41848a','dGcuDog5Nb+8DHdlzO32RowtMA+E6CSfF767H3v5y5A8STSVJEgknzd3LivSSOUYEmozprjPl+P/2jVdzn2oC6nCx3LnEnCrapnkSn9FRw8O/Rry6Y0p6bCChCLHfGc6Mp9P8Sf4wP0aaqqKtR0udVwJzpDkDLzaAT3+JJ2T4pYrC1qTbvE3X9wugvQ1bMic7/+7+ny5zQC00Bgu7XSpThWN7IJ/QbO4RfxNiP5D2phMd5BU/ylpINuJFV6AofczstMV4w==');
CREATE TABLE dsr_suppressed (
	tag TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	expires BIGINT NOT NULL, 
	PRIMARY KEY (tag)
);
CREATE INDEX dsr_opening_token ON dsr_opening (token);
CREATE INDEX dsr_approval_plan ON dsr_approval ("plan");
CREATE INDEX dsr_run_plan ON dsr_run ("plan");
CREATE INDEX dsr_certificate_plan ON dsr_certificate ("plan");
CREATE INDEX dsr_request_closed ON dsr_request (closed_at);
CREATE UNIQUE INDEX dsr_request_number ON dsr_request (number);
CREATE INDEX dsr_request_tag_request ON dsr_request_tag (request);
CREATE TRIGGER dsr_event_no_update BEFORE update ON dsr_event BEGIN SELECT RAISE(ABORT, 'dsr_event is append-only'); END;
CREATE TRIGGER dsr_event_no_delete BEFORE delete ON dsr_event BEGIN SELECT RAISE(ABORT, 'dsr_event is append-only'); END;
CREATE TRIGGER dsr_outbox_no_update BEFORE update ON dsr_outbox BEGIN SELECT RAISE(ABORT, 'dsr_outbox is append-only'); END;
CREATE TRIGGER dsr_outbox_no_delete BEFORE delete ON dsr_outbox BEGIN SELECT RAISE(ABORT, 'dsr_outbox is append-only'); END;
CREATE TRIGGER dsr_approval_no_update BEFORE update ON dsr_approval BEGIN SELECT RAISE(ABORT, 'dsr_approval is append-only'); END;
CREATE TRIGGER dsr_approval_no_delete BEFORE delete ON dsr_approval BEGIN SELECT RAISE(ABORT, 'dsr_approval is append-only'); END;
CREATE TRIGGER dsr_certificate_no_update BEFORE update ON dsr_certificate BEGIN SELECT RAISE(ABORT, 'dsr_certificate is append-only'); END;
CREATE TRIGGER dsr_certificate_no_delete BEFORE delete ON dsr_certificate BEGIN SELECT RAISE(ABORT, 'dsr_certificate is append-only'); END;
CREATE INDEX dsr_suppressed_expires ON dsr_suppressed (expires);
CREATE INDEX dsr_former_expires ON dsr_former (expires);
CREATE INDEX dsr_shown_store ON dsr_shown (store, at);
CREATE INDEX dsr_renewal_run ON dsr_renewal (run);
CREATE TRIGGER dsr_shown_no_update BEFORE update ON dsr_shown BEGIN SELECT RAISE(ABORT, 'dsr_shown is append-only'); END;
CREATE TRIGGER dsr_shown_no_delete BEFORE delete ON dsr_shown BEGIN SELECT RAISE(ABORT, 'dsr_shown is append-only'); END;
CREATE TRIGGER dsr_renewal_no_update BEFORE update ON dsr_renewal BEGIN SELECT RAISE(ABORT, 'dsr_renewal is append-only'); END;
CREATE TRIGGER dsr_renewal_no_delete BEFORE delete ON dsr_renewal BEGIN SELECT RAISE(ABORT, 'dsr_renewal is append-only'); END;
COMMIT;
