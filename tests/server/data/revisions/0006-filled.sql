BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0006');
CREATE TABLE audit (
	id VARCHAR NOT NULL, 
	loop VARCHAR, 
	station VARCHAR, 
	at BIGINT NOT NULL, 
	"by" VARCHAR NOT NULL, 
	expected TEXT NOT NULL, 
	found TEXT NOT NULL, 
	unknown TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE bin_signal (
	entry VARCHAR NOT NULL, 
	station VARCHAR NOT NULL, 
	sensor VARCHAR NOT NULL, 
	loop VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	empty BOOLEAN NOT NULL, 
	card VARCHAR, 
	decision VARCHAR NOT NULL, 
	met VARCHAR, 
	PRIMARY KEY (entry)
);
CREATE TABLE boot (
	id VARCHAR NOT NULL, 
	"offset" BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE business_event (
	number BIGINT NOT NULL, 
	id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	subject VARCHAR, 
	entry VARCHAR, 
	at BIGINT NOT NULL, 
	refill BOOLEAN NOT NULL, 
	waits_for VARCHAR, 
	sent BOOLEAN NOT NULL, 
	data TEXT, 
	PRIMARY KEY (number), 
	UNIQUE (id)
);
INSERT INTO "business_event" VALUES(1,'post-1.1.card.withdrawn','card.withdrawn','BH-001','post-1.1',1795413600000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(2,'post-1.1.order.released','order.released','post-1.1','post-1.1',1795413600000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(3,'wrong-1.1.card.withdrawn','card.withdrawn','BH-002','wrong-1.1',1795413660000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(4,'wrong-1.1.order.released','order.released','wrong-1.1','wrong-1.1',1795413660000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(5,'post-1.3.1795413660000.andon.raised','andon.raised','post-1.3',NULL,1795413660000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(6,'post-1.3.1795413960000.andon.escalated','andon.escalated','post-1.3',NULL,1795413960000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(7,'post-1.3.1795414560000.andon.escalated','andon.escalated','post-1.3',NULL,1795414560000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(8,'dock-1.1.card.filled','card.filled','BH-001','dock-1.1',1795415460000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(9,'dock-1.1.order.closed','order.closed','post-1.1','dock-1.1',1795415460000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(10,'post-1.4.card.withdrawn','card.withdrawn','GK-001','post-1.4',1795415460000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(11,'post-1.4.order.released','order.released','post-1.4','post-1.4',1795415460000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(12,'01M83JR610VHDACFN3X3P1Z73R.BH-003.card.blocked','card.blocked','BH-003','01M83JR610VHDACFN3X3P1Z73R',1795416660000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(13,'post-1.5.card.withdrawn','card.withdrawn','BH-003','post-1.5',1795416660000,0,NULL,0,NULL);
INSERT INTO "business_event" VALUES(14,'post-1.5.order.released','order.released','post-1.5','post-1.5',1795416660000,0,NULL,0,NULL);
CREATE TABLE call (
	id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	station VARCHAR NOT NULL, 
	loop VARCHAR, 
	raised_at BIGINT NOT NULL, 
	"by" VARCHAR, 
	cause VARCHAR, 
	body TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "call" VALUES('post-1.3','material','raised','post',NULL,1795413660000,'post',NULL,'{"id": "post-1.3", "type": "material", "state": "raised", "station": "post", "raised_at": 1795413660000, "by": "post", "group": null, "loop": null, "auto": false, "pressed": ["post"], "reopened_at": null, "acknowledged_at": null, "acknowledged_by": null, "arrived_at": null, "arrived_by": null, "resolved_at": null, "resolved_by": null, "closed_at": null, "closed_by": null, "cause": null, "level": 2, "promised_at": null, "red_ended_at": null, "late": false, "earlier": []}');
CREATE TABLE card (
	id VARCHAR NOT NULL, 
	loop VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	life VARCHAR NOT NULL, 
	blocked VARCHAR, 
	hold VARCHAR, 
	actual INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	"order" VARCHAR, 
	since BIGINT, 
	issued_by VARCHAR, 
	start TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	key_at BIGINT NOT NULL, 
	key_kind INTEGER NOT NULL, 
	key_journal VARCHAR NOT NULL, 
	key_seq BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "card" VALUES('BH-001','BH',1,'standing','full','circulating',NULL,NULL,20,1,NULL,1795415460000,'0000000000WPQ6PA7NHC21YG68','{"actual":20}','{"actual":20,"since":1795415460000,"withdrawn_at":1795413600000,"last":{"arrival":1795415460000}}',1795415460000,0,'dock-1',1);
INSERT INTO "card" VALUES('BH-002','BH',2,'standing','released','circulating',NULL,NULL,0,1,'wrong-1.1',1795413660000,'0000000000WPQ6PA7NHC21YG68','{"actual":20}','{"state":"released","since":1795413660000,"withdrawn_at":1795413660000,"last":{"withdrawal":1795413660000},"portion":{"order":"wrong-1.1","state":"released","quantity":20,"opened_at":1795413660000,"released_at":1795413660000,"due_at":1795416360000}}',1795413660000,0,'wrong-1',1);
INSERT INTO "card" VALUES('BH-003','BH',3,'standing','empty','circulating','so',NULL,0,1,NULL,1795416660000,'0000000000WPQ6PA7NHC21YG68','{"actual":20}','{"state":"empty","blocked":"so","since":1795416660000,"withdrawn_at":1795416660000,"last":{"withdrawal":1795416660000}}',1795416660000,1,'',7);
INSERT INTO "card" VALUES('BH-004','BH',4,'standing','empty','surplus',NULL,NULL,0,1,NULL,1795423860000,'0000000000WPQ6PA7NHC21YG68','{"actual":20}','{"state":"empty","life":"surplus","since":1795423860000}',1795423860001,1,'',11);
INSERT INTO "card" VALUES('GK-001','GK',1,'standing','released','circulating',NULL,NULL,0,1,'post-1.4',1795415460000,'0000000000WPQ6PA7NHC21YG68','{"actual":100}','{"state":"released","since":1795415460000,"withdrawn_at":1795415460000,"portion":{"order":"post-1.4","state":"released","quantity":100,"opened_at":1795415460000,"released_at":1795415460000,"due_at":1795417260000}}',1795416660001,1,'',5);
INSERT INTO "card" VALUES('GK-002','GK',2,'standing','full','circulating',NULL,NULL,100,1,NULL,NULL,'0000000000WPQ6PA7NHC21YG68','{"actual":100}','{"actual":100}',-1,0,'',0);
INSERT INTO "card" VALUES('GK-003','GK',3,'standing','full','circulating',NULL,NULL,100,1,NULL,NULL,'0000000000WPQ6PA7NHC21YG68','{"actual":100}','{"actual":100}',-1,0,'',0);
CREATE TABLE collection (
	id VARCHAR NOT NULL, 
	station VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	"by" VARCHAR NOT NULL, 
	counted INTEGER, 
	cards TEXT, 
	read INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE decision (
	number BIGINT NOT NULL, 
	id VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	"by" VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	reason TEXT, 
	body TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (id)
);
INSERT INTO "decision" VALUES(1,'0000000000WPQ6PA7NHC21YG68',0,'planner','apply',NULL,'{"plant":"\nsite = \"s1\"\n[[process]]\nid = \"assembly\"\npacemaker = true\n[[process]]\nid = \"machining\"\n[[process]]\nid = \"elsewhere\"\n[[item]]\nid = \"hose\"\nname = \"Hose\"\n[[item]]\nid = \"gasket\"\nname = \"Gasket\"\n[[loop]]\nid = \"BH\"\nkind = \"withdrawal\"\nitem = \"hose\"\nsource = \"machining\"\nconsumer = \"assembly\"\nquantity = 20\ncards = 4\nlead_time = \"45m\"\nscans = [\"withdrawal\", \"arrival\"]\ndemand = \"60/h\"\n[[loop]]\nid = \"GK\"\nkind = \"withdrawal\"\nitem = \"gasket\"\nsource = \"machining\"\nconsumer = \"assembly\"\nquantity = 100\ncards = 3\nlead_time = \"30m\"\nscans = [\"withdrawal\", \"dispatch\", \"arrival\"]\nstrict = true\n[[station]]\nid = \"post\"\nprocess = \"assembly\"\nlights = [\"stack\"]\n[[station]]\nid = \"dock\"\nprocess = \"assembly\"\n[[station]]\nid = \"store\"\nprocess = \"machining\"\n[[station]]\nid = \"wrong\"\nprocess = \"elsewhere\"\n[[tag]]\ncode = \"BH#1\"\ncard = \"BH-001\"\n[[tag]]\ncode = \"BH#2\"\ncard = \"BH-002\"\n[[tag]]\ncode = \"BH#3\"\ncard = \"BH-003\"\n[[tag]]\ncode = \"BH#4\"\ncard = \"BH-004\"\n[[tag]]\ncode = \"GK#1\"\ncard = \"GK-001\"\n[[tag]]\ncode = \"GK#2\"\ncard = \"GK-002\"\n[[tag]]\ncode = \"GK#3\"\ncard = \"GK-003\"\n"}');
INSERT INTO "decision" VALUES(2,'01M83FWMB18BJEFGH2G7VGJMXK',1795413660001,'handler','confirm',NULL,'{"cards":{"BH-001":{"what":"promise","promised_at":1795414860000}}}');
INSERT INTO "decision" VALUES(3,'01M83G5SA0C8MM0EXEY2TH1W08',1795413960000,'pullcord','call.escalated',NULL,'{"call":{"id":"post-1.3","type":"material","state":"raised","station":"post","loop":null,"raised_at":1795413660000,"by":"post","cause":null,"body":{"id":"post-1.3","type":"material","state":"raised","station":"post","raised_at":1795413660000,"by":"post","group":null,"loop":null,"auto":false,"pressed":["post"],"reopened_at":null,"acknowledged_at":null,"acknowledged_by":null,"arrived_at":null,"arrived_by":null,"resolved_at":null,"resolved_by":null,"closed_at":null,"closed_by":null,"cause":null,"level":1,"promised_at":null,"red_ended_at":null,"late":false,"earlier":[]}}}');
INSERT INTO "decision" VALUES(4,'01M83GR380JCX3XRYAEMRD0W2H',1795414560000,'pullcord','call.escalated',NULL,'{"call":{"id":"post-1.3","type":"material","state":"raised","station":"post","loop":null,"raised_at":1795413660000,"by":"post","cause":null,"body":{"id":"post-1.3","type":"material","state":"raised","station":"post","raised_at":1795413660000,"by":"post","group":null,"loop":null,"auto":false,"pressed":["post"],"reopened_at":null,"acknowledged_at":null,"acknowledged_by":null,"arrived_at":null,"arrived_by":null,"resolved_at":null,"resolved_by":null,"closed_at":null,"closed_by":null,"cause":null,"level":2,"promised_at":null,"red_ended_at":null,"late":false,"earlier":[]}}}');
INSERT INTO "decision" VALUES(5,'01M83JR611ATVN47KTG328Y70A',1795416660001,'pullcord','ruling',NULL,'{"cards":{"GK-001":{"what":"ruling","entry":"store-1.1","verdict":"not_in_state","finding":"withdrawal_missed","reason":"shown"}}}');
INSERT INTO "decision" VALUES(6,'01M83JR610RSF48BBGETQ5MEP6',1795416660000,'pullcord','audit',NULL,'{"asks":[{"id":"post-1.4.still_needed","type":"still_needed","station":"post","card":null,"loop":null,"at":1795416660000,"reason":"read while offline: still needed?","orders":["post-1.4"]}]}');
INSERT INTO "decision" VALUES(7,'01M83JR610VHDACFN3X3P1Z73R',1795416660000,'lead','block','so','{"cards":{"BH-003":{"what":"block","reason":"so"}}}');
INSERT INTO "decision" VALUES(8,'01M83JR610PYGHNGBPB49SMK4J',1795416660000,'planner','loop','advice','{"numbers":{"BH":{"cards":3,"to_take_out":1,"next_number":5,"new":0}}}');
INSERT INTO "decision" VALUES(9,'01M83N1DS0HTTNGP0ZZ1FQN2SG',1795419060000,'pullcord','audit',NULL,'{"found":[{"id":"BH-002.1795413660000.released.stuck","type":"stuck","card":"BH-002","loop":"BH","at":1795419060000},{"id":"GK-001.1795415460000.released.stuck","type":"stuck","card":"GK-001","loop":"GK","at":1795419060000}]}');
INSERT INTO "decision" VALUES(10,'01M83RZRR0HRRMQK2X75C990N4',1795423200000,'pullcord','audit',NULL,'{"found":[{"id":"BH-004.start.full.stuck","type":"stuck","card":"BH-004","loop":"BH","at":1795420800000}]}');
INSERT INTO "decision" VALUES(11,'01M83SKX91HEQRSBS2VDJFAR35',1795423860001,'pullcord','take_out',NULL,'{"cards":{"BH-004":{"what":"ruling","entry":"post-1.6","verdict":"take_out","life":"surplus","state":"empty"}},"loops":{"BH":{"to_take_out":0}}}');
INSERT INTO "decision" VALUES(12,'01M83SKX908R9ZQ44JH8YHGAD9',1795423860000,'pullcord','audit','superseded: the card moved on','{"findings":["BH-004.start.full.stuck"]}');
INSERT INTO "decision" VALUES(13,'01M83SKX90P4099GSWRG9H250Z',1795423860000,'pullcord','audit',NULL,'{"asks":[{"id":"BH-002.1795413660000.released.stuck.search","type":"find_card","station":null,"card":"BH-002","loop":"BH","at":1795423860000,"reason":"released while the other cards turned: lost?"}]}');
CREATE TABLE decision_card (
	number BIGINT NOT NULL, 
	card VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	findings VARCHAR NOT NULL, 
	"after" TEXT, 
	PRIMARY KEY (number, card)
);
INSERT INTO "decision_card" VALUES(2,'BH-001',1795413660001,'{"what":"promise","promised_at":1795414860000}','','{"state":"released","since":1795413600000,"withdrawn_at":1795413600000,"last":{"withdrawal":1795413600000},"portion":{"order":"post-1.1","state":"released","quantity":20,"opened_at":1795413600000,"released_at":1795413600000,"due_at":1795416300000,"promised_at":1795414860000}}');
INSERT INTO "decision_card" VALUES(5,'GK-001',1795416660001,'{"what":"ruling","entry":"store-1.1","verdict":"not_in_state","finding":"withdrawal_missed","reason":"shown"}','','{"state":"released","since":1795415460000,"withdrawn_at":1795415460000,"portion":{"order":"post-1.4","state":"released","quantity":100,"opened_at":1795415460000,"released_at":1795415460000,"due_at":1795417260000}}');
INSERT INTO "decision_card" VALUES(7,'BH-003',1795416660000,'{"what":"block","reason":"so"}','','{"state":"empty","blocked":"so","since":1795416660000,"withdrawn_at":1795416660000,"last":{"withdrawal":1795416660000}}');
INSERT INTO "decision_card" VALUES(11,'BH-004',1795423860001,'{"what":"ruling","entry":"post-1.6","verdict":"take_out","life":"surplus","state":"empty"}','','{"state":"empty","life":"surplus","since":1795423860000}');
CREATE TABLE fact (
	journal VARCHAR NOT NULL, 
	seq BIGINT NOT NULL, 
	station VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	event VARCHAR, 
	code VARCHAR, 
	version INTEGER, 
	"of" VARCHAR, 
	card VARCHAR, 
	at BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	up FLOAT NOT NULL, 
	clock VARCHAR NOT NULL, 
	boot VARCHAR NOT NULL, 
	received_at BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	verdict VARCHAR, 
	findings VARCHAR NOT NULL, 
	"after" TEXT, 
	PRIMARY KEY (journal, seq)
);
INSERT INTO "fact" VALUES('post-1',1,'post','withdrawal','withdrawal','BH#1',NULL,NULL,'BH-001',1795413600000,1795413600000,0.0,'synced','post-boot-1',1795413600000,'{"reader": "reader"}','accepted','','{"state":"released","since":1795413600000,"withdrawn_at":1795413600000,"last":{"withdrawal":1795413600000},"portion":{"order":"post-1.1","state":"released","quantity":20,"opened_at":1795413600000,"released_at":1795413600000,"due_at":1795416300000}}');
INSERT INTO "fact" VALUES('post-1',2,'post','withdrawal','withdrawal','BH#1',NULL,NULL,'BH-001',1795413660000,1795413660000,0.0,'synced','post-boot-1',1795413660000,'{"reader": "reader"}','duplicate','','{"state":"released","since":1795413600000,"withdrawn_at":1795413600000,"last":{"withdrawal":1795413600000},"portion":{"order":"post-1.1","state":"released","quantity":20,"opened_at":1795413600000,"released_at":1795413600000,"due_at":1795416300000}}');
INSERT INTO "fact" VALUES('wrong-1',1,'wrong','withdrawal','withdrawal','BH#2',NULL,NULL,'BH-002',1795413660000,1795413660000,0.0,'synced','wrong-boot-1',1795413660000,'{"reader": "reader"}','misplaced','misplaced','{"state":"released","since":1795413660000,"withdrawn_at":1795413660000,"last":{"withdrawal":1795413660000},"portion":{"order":"wrong-1.1","state":"released","quantity":20,"opened_at":1795413660000,"released_at":1795413660000,"due_at":1795416360000}}');
INSERT INTO "fact" VALUES('post-1',3,'post','call',NULL,NULL,NULL,NULL,NULL,1795413660000,1795413660000,0.0,'synced','post-boot-1',1795413660000,'{"button":"cord","call":"material","pressed":true}',NULL,'',NULL);
INSERT INTO "fact" VALUES('dock-1',1,'dock','arrival','arrival','BH#1',NULL,NULL,'BH-001',1795415460000,1795415460000,0.0,'synced','dock-boot-1',1795415460000,'{"reader": "reader"}','accepted','','{"actual":20,"since":1795415460000,"withdrawn_at":1795413600000,"last":{"arrival":1795415460000}}');
INSERT INTO "fact" VALUES('store-1',1,'store','dispatch','dispatch','GK#1',NULL,NULL,'GK-001',1795416660000,1795416660000,0.0,'synced','store-boot-1',1795416660000,'{"reader": "reader"}','not_in_state','withdrawal_missed','{"state":"released","since":1795415460000,"withdrawn_at":1795415460000,"portion":{"order":"post-1.4","state":"released","quantity":100,"opened_at":1795415460000,"released_at":1795415460000,"due_at":1795417260000}}');
INSERT INTO "fact" VALUES('post-1',4,'post','withdrawal','withdrawal','GK#1',NULL,NULL,'GK-001',1795415460000,1795415460000,0.0,'synced','post-boot-1',1795416660000,'{"reader": "reader"}','accepted','','{"state":"released","since":1795415460000,"withdrawn_at":1795415460000,"last":{"withdrawal":1795415460000},"portion":{"order":"post-1.4","state":"released","quantity":100,"opened_at":1795415460000,"released_at":1795415460000,"due_at":1795417260000}}');
INSERT INTO "fact" VALUES('post-1',5,'post','withdrawal','withdrawal','BH#3',NULL,NULL,'BH-003',1795416660000,1795416660000,0.0,'synced','post-boot-1',1795416660000,'{"reader": "reader"}','accepted','','{"state":"released","since":1795416660000,"withdrawn_at":1795416660000,"last":{"withdrawal":1795416660000},"portion":{"order":"post-1.5","state":"released","quantity":20,"opened_at":1795416660000,"released_at":1795416660000,"due_at":1795419360000}}');
INSERT INTO "fact" VALUES('post-1',6,'post','withdrawal','withdrawal','BH#4',NULL,NULL,'BH-004',1795423860000,1795423860000,0.0,'synced','post-boot-1',1795423860000,'{"reader": "reader"}','take_out','','{"state":"empty","life":"surplus","since":1795423860000}');
CREATE TABLE finding (
	id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	card VARCHAR, 
	loop VARCHAR, 
	station VARCHAR, 
	entry VARCHAR, 
	at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	resolved_at BIGINT, 
	resolved_by VARCHAR, 
	reason TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "finding" VALUES('wrong-1.1.misplaced','misplaced','BH-002','BH','wrong','wrong-1.1',1795413660000,1795413660000,NULL,NULL,NULL);
INSERT INTO "finding" VALUES('store-1.1.withdrawal_missed','withdrawal_missed','GK-001','GK','store','store-1.1',1795416660000,1795416660000,NULL,NULL,NULL);
INSERT INTO "finding" VALUES('post-1.4.late_entry','late_entry','GK-001','GK','post','post-1.4',1795415460000,1795416660000,NULL,NULL,NULL);
INSERT INTO "finding" VALUES('BH-002.1795413660000.released.stuck','stuck','BH-002','BH',NULL,'01M83N1DS0HTTNGP0ZZ1FQN2SG',1795419060000,1795419060000,NULL,NULL,NULL);
INSERT INTO "finding" VALUES('GK-001.1795415460000.released.stuck','stuck','GK-001','GK',NULL,'01M83N1DS0HTTNGP0ZZ1FQN2SG',1795419060000,1795419060000,NULL,NULL,NULL);
INSERT INTO "finding" VALUES('BH-004.start.full.stuck','stuck','BH-004','BH',NULL,'01M83RZRR0HRRMQK2X75C990N4',1795420800000,1795423200000,1795423860000,'pullcord','superseded: the card moved on');
CREATE TABLE lamp_group (
	item VARCHAR NOT NULL, 
	place VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (item, place)
);
INSERT INTO "lamp_group" VALUES('gasket','assembly','{"colour": "amber", "under": "amber", "pending": null, "since": null}');
INSERT INTO "lamp_group" VALUES('hose','assembly','{"colour": "amber", "under": "amber", "pending": null, "since": null}');
CREATE TABLE lease (
	site VARCHAR NOT NULL, 
	holder VARCHAR NOT NULL, 
	until_ms BIGINT NOT NULL, 
	url VARCHAR, 
	PRIMARY KEY (site)
);
CREATE TABLE loop_state (
	id VARCHAR NOT NULL, 
	cards INTEGER NOT NULL, 
	to_take_out INTEGER NOT NULL, 
	in_service BOOLEAN, 
	next_number INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "loop_state" VALUES('BH',3,0,NULL,5,'{"number_at": 1795416660000}');
INSERT INTO "loop_state" VALUES('GK',3,0,NULL,4,'{}');
CREATE TABLE lost_range (
	journal VARCHAR NOT NULL, 
	first BIGINT NOT NULL, 
	last BIGINT NOT NULL, 
	station VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (journal, first)
);
CREATE TABLE meta (
	"key" VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('database','0000000000HRAXE5FH2SM58M3Q');
INSERT INTO "meta" VALUES('born_at','0');
INSERT INTO "meta" VALUES('birth','created');
INSERT INTO "meta" VALUES('watched_since','1795413600000');
INSERT INTO "meta" VALUES('driven_now','1795423860000');
CREATE TABLE order_alias (
	old VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	PRIMARY KEY (old)
);
CREATE TABLE plant_version (
	number BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "plant_version" VALUES(1,0,'
site = "s1"
[[process]]
id = "assembly"
pacemaker = true
[[process]]
id = "machining"
[[process]]
id = "elsewhere"
[[item]]
id = "hose"
name = "Hose"
[[item]]
id = "gasket"
name = "Gasket"
[[loop]]
id = "BH"
kind = "withdrawal"
item = "hose"
source = "machining"
consumer = "assembly"
quantity = 20
cards = 4
lead_time = "45m"
scans = ["withdrawal", "arrival"]
demand = "60/h"
[[loop]]
id = "GK"
kind = "withdrawal"
item = "gasket"
source = "machining"
consumer = "assembly"
quantity = 100
cards = 3
lead_time = "30m"
scans = ["withdrawal", "dispatch", "arrival"]
strict = true
[[station]]
id = "post"
process = "assembly"
lights = ["stack"]
[[station]]
id = "dock"
process = "assembly"
[[station]]
id = "store"
process = "machining"
[[station]]
id = "wrong"
process = "elsewhere"
[[tag]]
code = "BH#1"
card = "BH-001"
[[tag]]
code = "BH#2"
card = "BH-002"
[[tag]]
code = "BH#3"
card = "BH-003"
[[tag]]
code = "BH#4"
card = "BH-004"
[[tag]]
code = "GK#1"
card = "GK-001"
[[tag]]
code = "GK#2"
card = "GK-002"
[[tag]]
code = "GK#3"
card = "GK-003"
');
CREATE TABLE portion (
	"order" VARCHAR NOT NULL, 
	card VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	quantity INTEGER NOT NULL, 
	opened_at BIGINT NOT NULL, 
	released_at BIGINT, 
	due_at BIGINT, 
	started_at BIGINT, 
	dispatched_at BIGINT, 
	closed_at BIGINT, 
	closed_by VARCHAR, 
	delivered INTEGER, 
	urgent BOOLEAN NOT NULL, note TEXT, promised_at BIGINT, 
	PRIMARY KEY ("order", card)
);
INSERT INTO "portion" VALUES('post-1.1','BH-001','closed',20,1795413600000,1795413600000,1795416300000,NULL,1795415460000,1795415460000,'arrival',20,0,NULL,1795414860000);
INSERT INTO "portion" VALUES('wrong-1.1','BH-002','released',20,1795413660000,1795413660000,1795416360000,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL);
INSERT INTO "portion" VALUES('post-1.4','GK-001','released',100,1795415460000,1795415460000,1795417260000,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL);
INSERT INTO "portion" VALUES('post-1.5','BH-003','closed',20,1795416660000,1795416660000,1795419360000,NULL,NULL,1795416660000,'block',0,0,NULL,NULL);
CREATE TABLE quarantine (
	id VARCHAR NOT NULL, 
	station VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	raw BLOB NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE replenishment_order (
	id VARCHAR NOT NULL, 
	loop VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	item VARCHAR NOT NULL, 
	quantity INTEGER NOT NULL, 
	source VARCHAR NOT NULL, 
	consumer VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	cards TEXT NOT NULL, 
	opened_at BIGINT NOT NULL, 
	released_at BIGINT, 
	due_at BIGINT, 
	closed_at BIGINT, 
	closed_by VARCHAR, 
	replaces VARCHAR, 
	note VARCHAR, 
	promised_at BIGINT, 
	PRIMARY KEY (id)
);
INSERT INTO "replenishment_order" VALUES('post-1.1','BH','withdrawal','hose',20,'machining','assembly','closed','["BH-001"]',1795413600000,1795413600000,1795416300000,1795415460000,'arrival',NULL,NULL,1795414860000);
INSERT INTO "replenishment_order" VALUES('wrong-1.1','BH','withdrawal','hose',20,'machining','assembly','released','["BH-002"]',1795413660000,1795413660000,1795416360000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "replenishment_order" VALUES('post-1.4','GK','withdrawal','gasket',100,'machining','assembly','released','["GK-001"]',1795415460000,1795415460000,1795417260000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "replenishment_order" VALUES('post-1.5','BH','withdrawal','hose',20,'machining','assembly','closed','["BH-003"]',1795416660000,1795416660000,1795419360000,1795416660000,'block',NULL,NULL,NULL);
CREATE TABLE station (
	id VARCHAR NOT NULL, 
	online BOOLEAN NOT NULL, 
	journal VARCHAR, 
	backlog INTEGER NOT NULL, 
	heard BIGINT, 
	version VARCHAR, 
	clock VARCHAR, 
	faults TEXT NOT NULL, 
	status_at BIGINT, 
	lamps TEXT NOT NULL, 
	lamps_revision BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE station_journal (
	id VARCHAR NOT NULL, 
	station VARCHAR NOT NULL, 
	boot VARCHAR NOT NULL, 
	follows VARCHAR, 
	follows_upto BIGINT, 
	upto BIGINT NOT NULL, 
	last_at BIGINT NOT NULL, 
	settled BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "station_journal" VALUES('post-1','post','post-boot-1',NULL,NULL,6,1795423860000,1);
INSERT INTO "station_journal" VALUES('wrong-1','wrong','wrong-boot-1',NULL,NULL,1,1795413660000,1);
INSERT INTO "station_journal" VALUES('dock-1','dock','dock-boot-1',NULL,NULL,1,1795415460000,1);
INSERT INTO "station_journal" VALUES('store-1','store','store-boot-1',NULL,NULL,1,1795416660000,1);
CREATE TABLE station_lamps (
	station VARCHAR NOT NULL, 
	revision BIGINT NOT NULL, 
	lamps TEXT NOT NULL, 
	PRIMARY KEY (station)
);
INSERT INTO "station_lamps" VALUES('dock',1,'{}');
INSERT INTO "station_lamps" VALUES('post',7,'{"stack": {"red": "off", "amber": "on", "green": "off", "blue": "fast", "white": "slow"}}');
INSERT INTO "station_lamps" VALUES('store',1,'{}');
INSERT INTO "station_lamps" VALUES('wrong',1,'{}');
CREATE TABLE tag_binding (
	number INTEGER NOT NULL, 
	code VARCHAR NOT NULL, 
	card VARCHAR, 
	since BIGINT NOT NULL, 
	decision VARCHAR NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "tag_binding" VALUES(1,'BH#1','BH-001',0,'0000000000WPQ6PA7NHC21YG68');
INSERT INTO "tag_binding" VALUES(2,'BH#2','BH-002',0,'0000000000WPQ6PA7NHC21YG68');
INSERT INTO "tag_binding" VALUES(3,'BH#3','BH-003',0,'0000000000WPQ6PA7NHC21YG68');
INSERT INTO "tag_binding" VALUES(4,'BH#4','BH-004',0,'0000000000WPQ6PA7NHC21YG68');
INSERT INTO "tag_binding" VALUES(5,'GK#1','GK-001',0,'0000000000WPQ6PA7NHC21YG68');
INSERT INTO "tag_binding" VALUES(6,'GK#2','GK-002',0,'0000000000WPQ6PA7NHC21YG68');
INSERT INTO "tag_binding" VALUES(7,'GK#3','GK-003',0,'0000000000WPQ6PA7NHC21YG68');
CREATE TABLE task (
	id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	station VARCHAR, 
	card VARCHAR, 
	loop VARCHAR, 
	at BIGINT NOT NULL, 
	done_at BIGINT, 
	done_by VARCHAR, 
	reason VARCHAR, orders TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "task" VALUES('post-1.4.still_needed','still_needed','post',NULL,NULL,1795416660000,NULL,NULL,'read while offline: still needed?','["post-1.4"]');
INSERT INTO "task" VALUES('post-1.6.take_out','take_out','post','BH-004','BH',1795423860000,NULL,NULL,'take_out',NULL);
INSERT INTO "task" VALUES('BH-002.1795413660000.released.stuck.search','find_card',NULL,'BH-002','BH',1795423860000,NULL,NULL,'released while the other cards turned: lost?',NULL);
CREATE INDEX event_waiting ON business_event (waits_for);
CREATE INDEX ix_business_event_sent ON business_event (sent);
CREATE INDEX ix_card_loop ON card (loop);
CREATE INDEX decision_by_card ON decision_card (card, at, number);
CREATE INDEX fact_by_boot ON fact (boot);
CREATE INDEX fact_by_card ON fact (card, at, journal, seq);
CREATE INDEX fact_by_code ON fact (code, at);
CREATE INDEX fact_by_time ON fact (at);
CREATE INDEX finding_by_entry ON finding (entry);
CREATE INDEX ix_order_alias_id ON order_alias (id);
CREATE INDEX portion_by_card ON portion (card, opened_at);
CREATE INDEX order_by_loop ON replenishment_order (loop, state);
CREATE INDEX ix_station_journal_follows ON station_journal (follows);
CREATE INDEX ix_station_journal_station ON station_journal (station);
CREATE INDEX tag_by_code ON tag_binding (code, number);
CREATE INDEX ix_audit_at ON audit (at);
CREATE INDEX ix_audit_loop ON audit (loop);
CREATE INDEX ix_audit_station ON audit (station);
CREATE INDEX bin_signal_by_loop ON bin_signal (loop, at);
CREATE INDEX bin_signal_by_sensor ON bin_signal (station, sensor, at);
CREATE INDEX ix_bin_signal_met ON bin_signal (met);
CREATE INDEX collection_by_station ON collection (station, at);
CREATE INDEX fact_by_station ON fact (station, at);
CREATE INDEX call_by_loop ON call (loop, raised_at, id);
CREATE INDEX call_by_state ON call (state, raised_at, id);
CREATE INDEX call_by_station ON call (station, raised_at, id);
CREATE INDEX call_by_time ON call (raised_at, id);
CREATE INDEX card_by_life ON card (life, id);
CREATE INDEX card_count ON card (life, loop, state, blocked, hold);
CREATE INDEX card_by_state ON card (state, id);
CREATE INDEX finding_by_time ON finding (at, id);
CREATE INDEX finding_by_card ON finding (card, at, id);
CREATE INDEX finding_by_loop ON finding (loop, at, id);
CREATE INDEX finding_by_station ON finding (station, at, id);
CREATE INDEX finding_by_type ON finding (type, at, id);
CREATE INDEX finding_open ON finding (at, id) WHERE resolved_at IS NULL;
CREATE INDEX order_by_time ON replenishment_order (opened_at, id);
CREATE INDEX order_by_state ON replenishment_order (state, opened_at, id);
CREATE INDEX order_of_loop ON replenishment_order (loop, opened_at, id);
CREATE INDEX tag_by_card ON tag_binding (card, code);
CREATE INDEX task_by_card ON task (card, at, id);
CREATE INDEX task_by_loop ON task (loop, at, id);
CREATE INDEX task_by_station ON task (station, at, id);
CREATE INDEX task_by_time ON task (at, id);
CREATE INDEX task_open ON task (at, id) WHERE done_at IS NULL;
CREATE INDEX order_open_at_source ON replenishment_order (source, due_at, id) WHERE closed_at IS NULL;
COMMIT;
