package com.thoughtworks.xstream.security;

/**
 * Lets Debian's JMeter 2.13 read test plans. XStream from 1.4.18 on refuses every class that the program does not name, and
 * 2.13, being older, names none ("ForbiddenClassException: org.apache.jmeter.save.ScriptWrapper"). Put first on the class path,
 * this takes the place of XStream's final "no" and says yes to JMeter's own classes and Java's. For load-test machines only.
 */
public class NoTypePermission implements TypePermission {
  public static final TypePermission NONE = new NoTypePermission();

  @Override
  @SuppressWarnings("rawtypes")
  public boolean allows(Class type) {
    if (type != null && type.getName().matches("(org\\.apache\\.(jmeter|jorphan)|java)\\..*")) return true;
    throw new ForbiddenClassException(type);
  }
}
