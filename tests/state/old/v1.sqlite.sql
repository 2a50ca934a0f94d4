BEGIN TRANSACTION;
CREATE TABLE dsr_counter (
	name TEXT NOT NULL, 
	value BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "dsr_counter" VALUES('plans',2);
INSERT INTO "dsr_counter" VALUES('holds',2);
INSERT INTO "dsr_counter" VALUES('holds-generation',3);
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
CREATE TABLE dsr_hold (
	id TEXT NOT NULL, 
	sealed TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "dsr_hold" VALUES('H-1','sy1LkcK43zPKNjgC6dWnKdOGFjkq8HyZQc0gNRuLSsUhPs3g3k7oRDpRWiHFRFCaPPNPCH2MdvhH1EP4hIFXok8695+DTv5VpnL8U796l01RocgTCNInT7ulF7qNR++Uxo66SCBiUseIfcY0GyEsyehXrk9duuDYjPZooTJcnUkTsMaFpoFR9KG6KgMM76ddrskFDrjJCLEq1d5lheD1rMYPimoGrgfHhCITHBiQxUbw707LpDNMCntFlHEXIEVLk8ayildrl/HbFbxN4HbwAVWfZAljW56m1j2YRt0yawrLj5YTKaxE7uhEeAA/vid8uORDeD8+2LPnUuWt2JKPe79bKOEjo7wYVpNmf0jUQASU8o7T5/qJFCzYtt+yoHd2/6QVzAtzqbabd+nRAUuNoc7JBPLBm2vF3e4vmrE6m0rCUmShaoH5AyCv/Fd6ndREi56jdh16KCxuAEOHXFS8c1EY7wP5cpcOxkj3bgY8sXt1vOwfAifYVrk31HmeoEps7phyeMvs9mnU7tJCpYrq6gVBy25SCrlJDvhmP1WCT2a9mVfu0+cQj9uUho0DUMdUj/p2JHunoRPvWvO11qhgyFDnkMxQxGiwlFozSVWjk0guLfLJAkFkMQz0wFHZlBKZfkPmld3i66f/');
INSERT INTO "dsr_hold" VALUES('H-2','cs8VqnjfiLVgrY826zhJDhGBwWMKNLDejKAdhA9REGyMVdGItuGUlitUr3rcI/tb4Fs+3AYHsIJiSUB3Oty21ghaVxalBjtme66LTBIsEGk9ktOfCofOBxN2qmvP7upx5lTaEp+yOUwnYnmJ+QXX0awllxT8c1dQk6chYLmWe4KCICGXFYTUBu1x4iNDqYiZhsAUClRNydqxFp9oxqwQQAUve91f2tRzngTjIiOEmmCUE6hmPYXbnHuvicx8AATwPw+GDadUJge9VgvS9PpdlApXWak0Ok5emzJv2JJZ//w9BQeCwDFQkBwDobEq0RCOqZQDAuUo+wQ9IaSjE0EYb9UMlE7bbWdA3pAPxtv7VErJXqvElRIqKODsFhvtFCzoMXYAZlalF+q8tGs7XcOQmUiR9NMtpNH71PHeZ1JPjFVDhRy/Yw10jZzqO60y231a81y9dHZeF2yQBjPUkUvyJw==');
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
INSERT INTO "dsr_meta" VALUES('schema_version','1');
INSERT INTO "dsr_meta" VALUES('key_check','b5617a5e4fa27699d5664529f6f465f98bc3fea3ee13c8163549a55f21e7aa70');
CREATE TABLE dsr_plan (
	id TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	status TEXT NOT NULL, 
	made_at BIGINT NOT NULL, 
	subjects BIGINT NOT NULL, 
	acting BIGINT NOT NULL, 
	shredded INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "dsr_plan" VALUES('P-1','subject','applying',1774785600000000,1,5,0,'{"appliable":true,"as_of":"2026-03-29T12:00:00+00:00","complete":false,"digest":"6138f2df8ec5110e7762648ef837917ea40b68129256183fb45a81e00156c455","fingerprints":[["app","f1"]],"gaps":[{"kind":"no_start","text":"2 records without a date","where":"app.orders"}],"holds":3,"id":"P-1","made_at":"2026-03-29T12:00:00+00:00","notes":["\u8ba2\u5355"],"policy":"policy-digest","schema":"dsr/plan/1","scope":"subject","steps":[{"changes":[],"collection":"orders","count":4,"disposition":"delete","entry":"app.orders","into":"","number":1,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"order","until":null,"why":"requested"}],"rule":"order","store":"app","until":null},{"changes":[["email","empty"]],"collection":"users","count":1,"disposition":"rewrite","entry":"app.users","into":"","number":2,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"","until":"2026-03-29T12:00:00+00:00","why":"referenced"},{"cite_en":"Cite","cite_zh":"\u5f15\u7528","hold":"H-1","note":"note","rule":"invoice","until":"2026-03-29T12:00:00+00:00","why":"tax"}],"rule":"account","store":"app","until":"2026-03-29T12:00:00+00:00"},{"changes":[],"collection":"invoices","count":7,"disposition":"retain","entry":"app.invoices","into":"","number":3,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"","until":null,"why":"tax"}],"rule":"invoice","store":"app","until":"2026-03-29T12:00:00+00:00"}],"subjects":["S-6b41848a"]}');
INSERT INTO "dsr_plan" VALUES('P-2','expired','open',1774785600000000,0,5,0,'{"appliable":true,"as_of":"2026-03-29T12:00:00+00:00","complete":false,"digest":"bd8795656a90a7ef7300805839722600b65a4d09698bae93b1e05da5cfc43ed6","fingerprints":[["app","f1"]],"gaps":[{"kind":"no_start","text":"2 records without a date","where":"app.orders"}],"holds":3,"id":"P-2","made_at":"2026-03-29T12:00:00+00:00","notes":["\u8ba2\u5355"],"policy":"policy-digest","schema":"dsr/plan/1","scope":"expired","steps":[{"changes":[],"collection":"orders","count":4,"disposition":"delete","entry":"app.orders","into":"","number":1,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"order","until":null,"why":"requested"}],"rule":"order","store":"app","until":null},{"changes":[["email","empty"]],"collection":"users","count":1,"disposition":"rewrite","entry":"app.users","into":"","number":2,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"","until":"2026-03-29T12:00:00+00:00","why":"referenced"},{"cite_en":"Cite","cite_zh":"\u5f15\u7528","hold":"H-1","note":"note","rule":"invoice","until":"2026-03-29T12:00:00+00:00","why":"tax"}],"rule":"account","store":"app","until":"2026-03-29T12:00:00+00:00"},{"changes":[],"collection":"invoices","count":7,"disposition":"retain","entry":"app.invoices","into":"","number":3,"reasons":[{"cite_en":"","cite_zh":"","hold":"","note":"","rule":"","until":null,"why":"tax"}],"rule":"invoice","store":"app","until":"2026-03-29T12:00:00+00:00"}],"subjects":[]}');
CREATE TABLE dsr_plan_subject (
	"plan" TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	sealed TEXT NOT NULL, 
	PRIMARY KEY ("plan", position), 
	FOREIGN KEY("plan") REFERENCES dsr_plan (id)
);
INSERT INTO "dsr_plan_subject" VALUES('P-1',0,'DDrNczqDR9Bsbp9js5X6s/Vh4CJqF8ZyUy6IvuHec5PThuR3JXqmSZlt+6FHRhxrT6hfthlKDqwa+PsyM9DD+j8TZJ0v2hf+7mSjC/033p7K35BrOPPt/6DAIC5kZAIC+9XRK+/uXVORC7BL2PKRBec02hb/Ab2MV91CfOzTUiD4NT3B2wczF7bvPhFXSn/6OybBzE8UyIaKPAKWxQ7bLr8u0QOHWxagrLEe+XAinJ7o5+GxG19n3d6PQW+U7ll+/iE2YA==');
CREATE TABLE dsr_run (
	id INTEGER NOT NULL, 
	"plan" TEXT NOT NULL, 
	began_at BIGINT NOT NULL, 
	finished_at BIGINT, 
	outcome TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY("plan") REFERENCES dsr_plan (id)
);
INSERT INTO "dsr_run" VALUES(1,'P-1',1774785600000000,NULL,NULL);
CREATE TABLE dsr_step (
	run INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	planned BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	units BIGINT NOT NULL, 
	records BIGINT NOT NULL, 
	outcome TEXT, 
	detail TEXT NOT NULL, 
	PRIMARY KEY (run, number), 
	FOREIGN KEY(run) REFERENCES dsr_run (id)
);
INSERT INTO "dsr_step" VALUES(1,1,4,'started',1,2,NULL,'');
INSERT INTO "dsr_step" VALUES(1,2,1,'planned',0,0,NULL,'');
INSERT INTO "dsr_step" VALUES(1,3,7,'planned',0,0,NULL,'');
CREATE TABLE dsr_subject (
	token TEXT NOT NULL, 
	sealed TEXT NOT NULL, 
	PRIMARY KEY (token)
);
INSERT INTO "dsr_subject" VALUES('S-6b41848a','OWqbD50ZOKPGzivlBZ0+NmTzGmpwE0jpRJx8DZhX9t5xiTymwFVRh9DQ8uCmiN36iBvRVK5OLVtaQFnmO/jdfTdzC6ecj+33x1+6hjs2Vk0yGOHp6Mnph39dSkdQzAW7rz+QsTXGVrHT3h0Kyt14mf+W51No2dYofoHSIsXaaFWfrXDhOKP/7DYSWWP6qmo19X1PW4cPHT/VukuCtU1SiOP+dtl6K8vNanOJ0gfbkY0GKthd8mVUP+6vD+lZlmrHSDgi6w==');
CREATE INDEX dsr_run_plan ON dsr_run ("plan");
CREATE TRIGGER dsr_event_no_update BEFORE update ON dsr_event BEGIN SELECT RAISE(ABORT, 'dsr_event is append-only'); END;
CREATE TRIGGER dsr_event_no_delete BEFORE delete ON dsr_event BEGIN SELECT RAISE(ABORT, 'dsr_event is append-only'); END;
COMMIT;
