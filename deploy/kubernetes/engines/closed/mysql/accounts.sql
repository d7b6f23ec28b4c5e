-- Accounts of MySQL. Put the passwords in first. Written by npx node tools/deploy/accounts/generate.ts.
CREATE USER IF NOT EXISTS 'migrations'@'%' IDENTIFIED BY <password of migrations, in quotes> REQUIRE SSL;
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES ON `meridian`.* TO 'migrations'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES ON `meridian_keys`.* TO 'migrations'@'%';
CREATE USER IF NOT EXISTS 'command-service'@'%' IDENTIFIED BY <password of command-service, in quotes> REQUIRE SSL;
GRANT SELECT, INSERT, UPDATE, DELETE ON `meridian`.* TO 'command-service'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `meridian_keys`.* TO 'command-service'@'%';
